// Puts the files of a dataset together: one numbering of questions for all of them.
#include "manygpcm/engine/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "data/data_files.h"
#include "data/file_form.h"
#include "data/input_text.h"
#include "data/long_csv.h"
#include "data/sequence_text.h"
#include "data/tables.h"
#include "data/text_stream.h"
#include "data/truth_file.h"
#include "manygpcm/engine/detail/learnable.h"
#include "manygpcm/engine/error.h"

namespace manygpcm {
namespace {

namespace fs = std::filesystem;

std::string name_of(const fs::path& path) {
    const fs::path whole = fs::absolute(path).lexically_normal();
    if (!fs::is_directory(path)) return without_gz(whole).stem().string();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
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

LearnerFile read_text(const fs::path& path, TextStream& text, const Reading& reading) {
    return {.path = path,
            .learners = parse_sequence_text(path, text, LastScore::required, reading),
            .line = [](std::size_t learner, std::size_t) { return category_line(learner); },
            .question_above = category_line(0) - question_line(0)};
}

/// The skills of all tables' questions: those of a question in several rows add up.
Skills skills_of(std::span<const Table> tables, const Numbering& questions) {
    Skills skills;
    for (const Table& table : tables)
        skills.names.insert(skills.names.end(), table.csv.skills.begin(), table.csv.skills.end());
    if (skills.names.empty()) return skills;
    skills.names = in_natural_order(std::move(skills.names));
    const Numbering numbers = numbering(skills.names);
    std::vector<std::set<std::int32_t>> of_question(questions.size());
    for (const Table& table : tables)
        for (std::size_t item = 0; item < table.csv.skills_of_item.size(); ++item)
            for (const std::int32_t skill : table.csv.skills_of_item[item])
                of_question[static_cast<std::size_t>(questions.at(table.csv.items[item].name))]
                    .insert(numbers.at(table.csv.skills[static_cast<std::size_t>(skill)]));
    for (const std::set<std::int32_t>& own : of_question)
        skills.of_question.emplace_back(own.begin(), own.end());
    return skills;
}

std::vector<LearnerFile> number_questions(Dataset& dataset, std::vector<Table> tables) {
    std::vector<std::string> items;
    for (const Table& table : tables)
        for (const LongCsv::Id& item : table.csv.items)
            items.push_back(item.name);
    dataset.question_ids = in_natural_order(std::move(items));
    if (dataset.question_ids.size() > max_questions)
        throw InputError(fmt::format("{}: {} different items; expected at most {}",
                                     tables[0].path.string(), dataset.question_ids.size(),
                                     max_questions));
    const Numbering numbers = numbering(dataset.question_ids);
    dataset.skills = skills_of(tables, numbers);
    std::vector<LearnerFile> files;
    for (Table& table : tables) {
        std::vector<std::int32_t> question_numbers;
        for (const LongCsv::Id& item : table.csv.items)
            question_numbers.push_back(numbers.at(item.name));
        files.push_back(to_learners(std::move(table), question_numbers));
    }
    return files;
}

/// The files of a dataset, questions numbered alike in all.
std::vector<LearnerFile> read_files(Dataset& dataset, std::span<const fs::path> paths,
                                    const Reading& reading) {
    std::vector<LearnerFile> texts;
    std::vector<Table> tables;
    for (const fs::path& path : paths) {
        TextStream text(path, reading);
        told_last(text, [&] {
            const FileForm form = form_of(path, text.begin(2));
            if (form.is_table)
                tables.push_back({path, parse_long_csv(path, text, form.separator,
                                                       LastScore::required, reading)});
            else
                texts.push_back(read_text(path, text, reading));
        });
    }
    if (!texts.empty() && !tables.empty())
        throw InputError(fmt::format(
            "{}: is a table, but {} has three lines a learner; expected files of one form",
            tables.front().path.string(), texts.front().path.filename().string()));
    if (!texts.empty()) return texts;
    expect_no_shared_students(tables);
    for (const Table& table : tables) {
        tell_unanswered(table, dataset.notices);
        tell_times(table, dataset.notices);
        tell_ties(table, dataset.notices);
    }
    tell_two_spellings(tables, "student", &LongCsv::students, dataset.notices);
    tell_two_spellings(tables, "item", &LongCsv::items, dataset.notices);
    tell_answered_once(tables, dataset.notices);
    return number_questions(dataset, std::move(tables));
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

    /// @param decimal_mark of ids that are numbers
    std::int32_t question(const std::string& id, int line, char decimal_mark = '.') const {
        if (numbers_.empty()) {
            if (const auto number = parse_id(id, n_questions_, decimal_mark)) return *number;
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
                "question {} is unknown to the model{}; expected one of the {} it was trained on",
                shown(id), other_spelling(id, decimal_mark), n_questions_));
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
    /// ", which knows '7'" for a 7.0 that the model doesn't know.
    std::string other_spelling(const std::string& id, char decimal_mark) const {
        const auto number = plain_number(id, decimal_mark);
        if (!number) return "";
        const auto other = std::ranges::find(
            numbers_, number, [](const auto& known) { return plain_number(known.first); });
        return other == numbers_.end() ? "" : fmt::format(", which knows {}", shown(other->first));
    }

    const fs::path& file_;
    int n_questions_, n_categories_;
    Numbering numbers_;
};

std::vector<Learner> number_as_model(Table table, const ModelIds& ids) {
    std::vector<std::int32_t> question_numbers;
    for (const LongCsv::Id& item : table.csv.items)
        question_numbers.push_back(ids.question(item.name, item.line, table.csv.decimal_mark));
    for (std::size_t row = 0; row < table.csv.category.size(); ++row)
        ids.expect_category(table.csv.category[row], table.csv.lines[row]);
    return to_learners(std::move(table), question_numbers).learners;
}

std::vector<Learner> number_as_model(std::vector<Learner> learners, const ModelIds& ids) {
    for (std::size_t i = 0; i < learners.size(); ++i) {
        for (std::int32_t& question : learners[i].questions)
            question = ids.question(std::to_string(question), question_line(i));
        for (const std::int32_t category : learners[i].responses)
            ids.expect_category(category, category_line(i));
    }
    return learners;
}

}  // namespace

Dataset read_dataset(const fs::path& path, StopFlag stop, const ReadingObserver& observer) {
    Dataset dataset;
    const DataFiles found = find_data_files(path);
    if (found.test.empty() && fs::is_directory(path))
        dataset.notices.push_back(notice_of_no_test(path, found));
    std::vector<fs::path> paths = {found.train};
    if (!found.test.empty()) paths.push_back(found.test);
    std::vector<LearnerFile> files = read_files(dataset, paths, reading_of(paths, stop, observer));
    dataset.name = name_of(path);
    std::vector<LearnerSource> parts;
    for (const LearnerFile& file : files)
        parts.push_back(source_of(file));
    set_sizes(dataset, parts, {path.string(), path.string()});
    dataset.train = std::move(files[0].learners);
    if (files.size() > 1) dataset.test = std::move(files[1].learners);
    const fs::path truth = path / "truth.json";
    if (fs::is_directory(path) && dataset.question_ids.empty() && fs::exists(truth))
        dataset.truth = read_truth(truth, dataset);
    return dataset;
}

Dataset read_dataset_for_model(const fs::path& file, int n_questions, int n_categories,
                               const std::vector<std::string>& question_ids, StopFlag stop,
                               const ReadingObserver& observer) {
    const ModelIds ids(file, n_questions, n_categories, question_ids);
    Dataset dataset;
    dataset.name = name_of(file);
    dataset.n_questions = n_questions;
    dataset.n_categories = n_categories;
    dataset.question_ids = question_ids;
    const Reading reading = reading_of({&file, 1}, stop, observer);
    TextStream text(file, reading);
    told_last(text, [&] {
        const FileForm form = form_of(file, text.begin(2));
        if (!form.is_table) {
            dataset.train =
                number_as_model(parse_sequence_text(file, text, LastScore::optional, reading), ids);
            return;
        }
        Table table{file, parse_long_csv(file, text, form.separator, LastScore::optional, reading)};
        tell_unanswered(table, dataset.notices);
        tell_times(table, dataset.notices);
        tell_ties(table, dataset.notices);
        tell_two_spellings({&table, 1}, "student", &LongCsv::students, dataset.notices);
        dataset.train = number_as_model(std::move(table), ids);
    });
    return dataset;
}

}  // namespace manygpcm
