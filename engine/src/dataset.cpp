// Puts the files of a dataset together: which files there are, one numbering of questions for all
// of them, and whether they can be learned from.
#include "manygpcm/engine/dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>
#include <unordered_map>

#include "input_text.h"
#include "long_csv.h"
#include "manygpcm/engine/error.h"
#include "sequence_text.h"
#include "truth_file.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;

/// The files of a dataset, all of one format.
struct Files {
    fs::path train;
    fs::path test;  ///< empty: none
};

bool is_csv(const fs::path& file) {
    const std::string extension = file.extension().string();
    return extension == ".csv" || extension == ".CSV";
}

/// The names of a directory's files that may be data, whatever they are called.
std::vector<std::string> data_files(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
        const fs::path name = entry.path().filename();
        if (name.extension() == ".txt" || is_csv(name)) names.push_back(name.string());
    }
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

Files find_files(const fs::path& path) {
    if (!fs::is_directory(path)) return {path, {}};
    const auto any = [&](std::string_view extension) {
        return fs::exists(path / fmt::format("train{}", extension)) ||
               fs::exists(path / fmt::format("test{}", extension));
    };
    if (any(".txt") && any(".csv"))
        throw InputError(fmt::format(
            "{}: both .txt and .csv files; expected train.txt and test.txt, or train.csv and "
            "test.csv",
            path.string()));
    const std::string_view extension = any(".csv") ? ".csv" : ".txt";
    const fs::path train = path / fmt::format("train{}", extension),
                   test = path / fmt::format("test{}", extension);
    if (!fs::exists(train))
        throw InputError(
            fmt::format("{}: no train.txt or train.csv in the directory{}; expected one of them",
                        path.string(), in_brackets("there are", data_files(path))));
    return {train, fs::exists(test) ? test : fs::path()};
}

/// What a directory without a test file has instead: learners to hold out may be in a file whose
/// name was misspelt.
std::string notice_of_no_test(const fs::path& directory, const Files& files) {
    std::vector<std::string> others = data_files(directory);
    std::erase(others, files.train.filename().string());
    return fmt::format("{}: {} was read; there is no test{}, so no learner is held out{}",
                       directory.string(), files.train.filename().string(),
                       files.train.extension().string(), in_brackets("not read:", others));
}

void tell_repeats(Dataset& dataset, const LongCsv& csv, const fs::path& file) {
    if (csv.repeats.n == 0) return;
    dataset.notices.push_back(fmt::format(
        "{}:{}: {} with the student, item and order or timestamp of another; each counts as an "
        "answer, so take out what is a copy or a mistake",
        file.string(), csv.repeats.line,
        csv.repeats.n == 1 ? "a row" : fmt::format("the first of {} rows", csv.repeats.n)));
}

std::string name_of(const fs::path& path) {
    const fs::path whole = fs::absolute(path).lexically_normal();
    if (!fs::is_directory(path)) return whole.stem().string();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

/// Fails unless every category up to the largest occurs: a model has thresholds between all of
/// them, and a gap is most often a slip, such as scores that count from 1 or a mistyped 99.
void expect_no_gap(const std::set<std::int32_t>& categories, const Dataset& dataset,
                   const fs::path& path) {
    std::int32_t unused = 0;
    while (categories.contains(unused))
        ++unused;
    if (unused == static_cast<std::int32_t>(categories.size())) return;
    std::ptrdiff_t n = 0;
    std::string first;
    for (const auto* learners : {&dataset.train, &dataset.test})
        for (const Learner& learner : *learners) {
            n += std::ranges::count(learner.responses, *categories.rbegin());
            if (n > 0 && first.empty()) first = learner.id;
        }
    throw InputError(fmt::format(
        "{}: category {} never occurs though {} does ({} answer{}, the first of learner {}); "
        "expected "
        "every category from 0 to the largest: {}",
        path.string(), unused, *categories.rbegin(), n, n == 1 ? "" : "s", first,
        unused == 0 ? fmt::format("subtract the smallest, {}, from each", *categories.begin())
                    : "mend the category or number them anew"));
}

/// Says what only the test learners have: no model learns anything of it.
void tell_unseen(Dataset& dataset, const fs::path& path) {
    if (dataset.test.empty()) return;
    const auto all = [](const std::vector<Learner>& learners, auto member) {
        std::set<std::int32_t> values;
        for (const Learner& learner : learners)
            values.insert((learner.*member).begin(), (learner.*member).end());
        return values;
    };
    const auto tell = [&](const char* one, const char* several, auto member, const auto& name) {
        std::vector<std::int32_t> unseen;
        std::ranges::set_difference(all(dataset.test, member), all(dataset.train, member),
                                    std::back_inserter(unseen));
        if (!unseen.empty())
            dataset.notices.push_back(
                fmt::format("{}: no training learner has {} {} of the test learners (the first: "
                            "{}), so that no "
                            "model learns anything of {}",
                            path.string(), unseen.size(), unseen.size() == 1 ? one : several,
                            name(unseen.front()), unseen.size() == 1 ? "it" : "them"));
    };
    tell("question", "questions", &Learner::questions, [&](std::int32_t question) {
        return dataset.question_ids.empty()
                   ? fmt::format("{}", question)
                   : dataset.question_ids.at(static_cast<std::size_t>(question));
    });
    tell("category", "categories", &Learner::responses,
         [](std::int32_t category) { return fmt::format("{}", category); });
}

/// Fails unless there is something to tell apart: several questions, several categories. Questions
/// may have gaps: a dataset need not ask all of a bank.
void set_sizes(Dataset& dataset, const fs::path& path) {
    std::set<std::int32_t> categories;
    std::int32_t lowest = max_questions, highest = -1;
    for (const auto* learners : {&dataset.train, &dataset.test})
        for (const Learner& learner : *learners) {
            categories.insert(learner.responses.begin(), learner.responses.end());
            const auto [low, high] = std::ranges::minmax(learner.questions);
            lowest = std::min(lowest, low);
            highest = std::max(highest, high);
        }
    if (categories.size() < 2)
        throw InputError(
            fmt::format("{}: every response is category {}; expected at least two categories",
                        path.string(), *categories.begin()));
    if (lowest == highest)
        throw InputError(
            fmt::format("{}: every answer is to question {}; expected at least two questions",
                        path.string(), lowest));
    expect_no_gap(categories, dataset, path);
    dataset.n_questions = highest + 1;
    dataset.n_categories = *categories.rbegin() + 1;
    tell_unseen(dataset, path);
}

/// The value of an id that is an integer and nothing else.
std::optional<std::int64_t> integer_id(std::string_view id) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
    if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
    return value;
}

/// Ids in their natural order, each once: as numbers if all are integers, else as text. An order
/// that doesn't depend on the order of rows keeps the numbering of a dataset when its rows are
/// shuffled.
std::vector<std::string> in_natural_order(std::vector<std::string> ids) {
    const bool numeric =
        std::ranges::all_of(ids, [](const auto& id) { return integer_id(id).has_value(); });
    std::ranges::sort(ids);
    if (numeric) std::ranges::stable_sort(ids, {}, [](const auto& id) { return *integer_id(id); });
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

using Numbering = std::unordered_map<std::string, std::int32_t>;

Numbering numbering(const std::vector<std::string>& ids) {
    Numbering numbers;
    for (std::size_t i = 0; i < ids.size(); ++i)
        numbers.emplace(ids[i], static_cast<std::int32_t>(i));
    return numbers;
}

std::vector<Learner> to_learners(const LongCsv& csv, const Numbering& numbers) {
    std::vector<std::int32_t> question_numbers;
    for (const std::string& item : csv.items)
        question_numbers.push_back(numbers.at(item));
    return to_learners(csv, question_numbers);
}

/// A learner in both files would be tested on having been trained on.
void expect_no_shared_students(const LongCsv& train, const LongCsv& test, const Files& files) {
    const std::set<std::string> known(train.students.begin(), train.students.end());
    for (const LongCsv::Answer& answer : test.answers) {
        const std::string& student = test.students[static_cast<std::size_t>(answer.student)];
        if (known.contains(student))
            throw error_at(
                files.test, answer.line,
                fmt::format(
                    "student {} is in {} too; expected all answers of a learner in one file",
                    shown(student), files.train.filename().string()));
    }
}

void read_csv_files(Dataset& dataset, const Files& files) {
    const LongCsv train = read_long_csv(files.train);
    const LongCsv test = files.test.empty() ? LongCsv{} : read_long_csv(files.test);
    expect_no_shared_students(train, test, files);
    tell_repeats(dataset, train, files.train);
    tell_repeats(dataset, test, files.test);
    std::vector<std::string> items = train.items;
    items.insert(items.end(), test.items.begin(), test.items.end());
    dataset.question_ids = in_natural_order(std::move(items));
    if (dataset.question_ids.size() > max_questions)
        throw InputError(fmt::format("{}: {} different items; expected at most {}",
                                     files.train.string(), dataset.question_ids.size(),
                                     max_questions));
    const Numbering numbers = numbering(dataset.question_ids);
    dataset.train = to_learners(train, numbers);
    dataset.test = to_learners(test, numbers);
}

/// What a model knows: tells the number of a question, refuses what the model never saw.
class ModelIds {
  public:
    ModelIds(const fs::path& file, int n_questions, int n_categories,
             const std::vector<std::string>& question_ids)
        : file_(file),
          n_questions_(n_questions),
          n_categories_(n_categories),
          numbers_(numbering(question_ids)) {}

    std::int32_t question(const std::string& id, int line) const {
        if (numbers_.empty()) {
            if (const auto number = parse_id(id, n_questions_)) return *number;
            throw error_at(
                file_, line,
                fmt::format("question {} is unknown to the model; expected an integer from 0 to {}",
                            shown(id), n_questions_ - 1));
        }
        const auto found = numbers_.find(id);
        if (found != numbers_.end()) return found->second;
        throw error_at(
            file_, line,
            fmt::format(
                "question {} is unknown to the model; expected one of the {} it was trained on",
                shown(id), n_questions_));
    }

    void expect_category(std::int32_t category, int line) const {
        if (category >= n_categories_)
            throw error_at(
                file_, line,
                fmt::format(
                    "category '{}' is unknown to the model; expected an integer from 0 to {}",
                    category, n_categories_ - 1));
    }

  private:
    const fs::path& file_;
    int n_questions_, n_categories_;
    Numbering numbers_;
};

std::vector<Learner> read_csv_for_model(Dataset& dataset, const fs::path& file,
                                        const ModelIds& ids) {
    const LongCsv csv = read_long_csv(file);
    tell_repeats(dataset, csv, file);
    std::vector<std::int32_t> question_numbers(csv.items.size());
    for (const LongCsv::Answer& answer : csv.answers) {
        const auto item = static_cast<std::size_t>(answer.item);
        question_numbers[item] = ids.question(csv.items[item], answer.line);
        ids.expect_category(answer.category, answer.line);
    }
    return to_learners(csv, question_numbers);
}

std::vector<Learner> read_text_for_model(const fs::path& file, const ModelIds& ids) {
    std::vector<Learner> learners = read_sequence_text(file);
    for (std::size_t i = 0; i < learners.size(); ++i) {
        for (std::int32_t& question : learners[i].questions)
            question = ids.question(std::to_string(question), question_line(i));
        for (const std::int32_t category : learners[i].responses)
            ids.expect_category(category, category_line(i));
    }
    return learners;
}

}  // namespace

Dataset read_dataset(const fs::path& path) {
    Dataset dataset;
    const Files files = find_files(path);
    if (files.test.empty() && fs::is_directory(path))
        dataset.notices.push_back(notice_of_no_test(path, files));
    if (is_csv(files.train)) {
        read_csv_files(dataset, files);
    } else {
        dataset.train = read_sequence_text(files.train);
        if (!files.test.empty()) dataset.test = read_sequence_text(files.test);
    }
    dataset.name = name_of(path);
    set_sizes(dataset, path);
    const fs::path truth = path / "truth.json";
    if (fs::is_directory(path) && !is_csv(files.train) && fs::exists(truth))
        dataset.truth = read_truth(truth, dataset);
    return dataset;
}

Dataset read_dataset_for_model(const fs::path& file, int n_questions, int n_categories,
                               const std::vector<std::string>& question_ids) {
    const ModelIds ids(file, n_questions, n_categories, question_ids);
    Dataset dataset;
    dataset.name = name_of(file);
    dataset.n_questions = n_questions;
    dataset.n_categories = n_categories;
    dataset.question_ids = question_ids;
    dataset.train =
        is_csv(file) ? read_csv_for_model(dataset, file, ids) : read_text_for_model(file, ids);
    return dataset;
}

}  // namespace manygpcm
