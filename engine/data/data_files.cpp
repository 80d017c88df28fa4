// Finds the files of a dataset by their names, whatever their endings.
#include "data/data_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "data/file_form.h"
#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;

/// Whether a file's name ends as those of data do.
bool has_data_ending(const fs::path& file) {
    constexpr std::string_view endings[] = {".txt", ".csv", ".tsv", ".tab", ".dat"};
    return std::ranges::count(endings, folded(without_gz(file).extension().string())) > 0;
}

/// The names of what may be a directory's data for which `wanted`, sorted.
template <class Predicate>
std::vector<std::string> files_in(const fs::path& directory, Predicate wanted) {
    std::vector<std::string> names;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error))
        // A directory test.txt is a mistake to be told, test/ is somebody's own.
        if (wanted(entry.path().filename()) &&
            (has_data_ending(entry.path()) || !entry.is_directory(error)))
            names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

/// " (there are a, b, c, ...)", or nothing where there are no names.
std::string in_brackets(std::string_view what, std::vector<std::string> names) {
    constexpr std::size_t shown_at_most = 3;
    if (names.empty()) return "";
    const std::string more = names.size() > shown_at_most ? ", ..." : "";
    names.resize(std::min(names.size(), shown_at_most));
    return fmt::format(" ({} {}{})", what, fmt::join(names, ", "), more);
}

/// The file of that name with any ending, those of data before others; empty if there is none.
fs::path find_file(const fs::path& directory, std::string_view name) {
    std::vector<std::string> found =
        files_in(directory, [&](const fs::path& file) { return without_gz(file).stem() == name; });
    if (std::ranges::any_of(found, has_data_ending))
        std::erase_if(found, [](const std::string& file) { return !has_data_ending(file); });
    if (found.size() > 1)
        throw InputError(fmt::format("{}: has {}; expected one of them", directory.string(),
                                     fmt::join(found, " and ")));
    return found.empty() ? fs::path() : directory / found.front();
}

}  // namespace

fs::path without_gz(const fs::path& file) {
    return folded(file.extension().string()) == ".gz" ? file.parent_path() / file.stem() : file;
}

std::vector<std::string> data_files_in(const fs::path& directory) {
    return files_in(directory, [](const fs::path& file) {
        const fs::path name = without_gz(file).stem();
        return has_data_ending(file) && (name == "train" || name == "test");
    });
}

DataFiles find_data_files(const fs::path& path) {
    if (!fs::is_directory(path)) return {path, {}};
    DataFiles files{find_file(path, "train"), find_file(path, "test")};
    if (files.train.empty())
        throw InputError(fmt::format(
            "{}: no train file in the directory{}; expected train.txt, train.csv or the like",
            path.string(), in_brackets("there are", files_in(path, has_data_ending))));
    return files;
}

std::string notice_of_no_test(const fs::path& directory, const DataFiles& files) {
    std::vector<std::string> others = files_in(directory, has_data_ending);
    std::erase(others, files.train.filename().string());
    return fmt::format("{}: {} was read; there is no test{}, so no learner is held out{}",
                       directory.string(), files.train.filename().string(),
                       without_gz(files.train).extension().string(),
                       in_brackets("not read:", others));
}

}  // namespace manygpcm
