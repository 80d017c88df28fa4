// Puts the report and its figures into files.
#include "manygpcm/report/report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "manygpcm/engine/files.h"
#include "manygpcm/report/analysis.h"

namespace manygpcm {

std::vector<std::filesystem::path> report_files(ModelKind model, const std::string& dataset,
                                                const std::filesystem::path& out) {
    const std::string stem = fmt::format("{}_{}_hyperopt", to_string(model), dataset);
    return {out / (stem + "_report.md"), out / (stem + "_analysis.json")};
}

std::vector<std::filesystem::path> write_report(const Study& study,
                                                const std::filesystem::path& out) {
    const std::string generated =
        fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));
    const std::string markdown = markdown_report(study, generated);
    // A dataset's name is a file's and need not be UTF-8, which JSON must.
    const std::string analysis =
        analyse(study).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';

    ensure_writable_directory(out);
    const auto files = report_files(study.base.model, study.dataset, out);
    write_file(files[1], analysis);
    write_file(files[0], markdown);
    return files;
}

}  // namespace manygpcm
