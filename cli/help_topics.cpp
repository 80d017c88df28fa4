// The lists are made of the rows and spaces that the program goes by.
#include "help_topics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/hyperparameters.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/search/space.h"

namespace manygpcm::cli {
namespace {

constexpr std::array<std::string_view, 3> topics = {"data", "hyperparameters", "space"};

constexpr const char* data_help =
    R"(What --data takes: one file, all of whose learners are for training, or a directory with train.txt or
train.csv and, where learners are to be held out, test.txt or test.csv. What a file holds tells its
form. Any of them may be packed with gzip.

CSV: a row an answer, with a header; commas, semicolons or tabs between the fields. Columns:

  student    also learner, user, person, student_id, user_id, learner_id, uid: any text
  item       also question, problem, item_id, question_id, problem_id: any text
  score      also response, correct, category: 0, 1, .. up to the largest, each of which must occur;
             a row whose score is empty, NA, nan or another word for a missing value is left out
  order      or timestamp, optional: numbers, or dates as 2024-05-01 or 2024-05-01T09:30:00+02:00,
             in UTC where there is no zone; without it answers are in the order of the rows
  skill      also skill_id, optional: which skill the item is of, several as 12_7; a sweep's report
             then has figures by skill

  student,item,score,timestamp
  ana,fractions-1,2,2024-05-01
  ana,fractions-2,0,2024-05-03

Other columns are passed over. What predict and items read may lack the score of a learner's last
answer: a question that is asked and not answered yet.

Text: three lines a learner: how many answers; the questions from 0, commas between them; the
categories from 0.

  3
  17,4,52
  0,2,1

Other forms (a column an item, pyKT's files, the DKVMN's three- and four-line text) are made into such
CSV by `manygpcm convert`. `manygpcm simulate` draws data whose abilities and items are known.
)";

/// The lines of a help text have no marks of Markdown.
std::string plain(std::string text) {
    std::erase(text, '`');
    return text;
}

std::string row_of(const HyperparameterText& text, const std::string& default_value) {
    return fmt::format("  {:<20} {:<20} {}{}\n", text.name, default_value, plain(text.accepted),
                       text.help.empty() ? "" : "; " + plain(std::string(text.help)));
}

std::string hyperparameters_help() {
    const std::vector<HyperparameterText> texts = hyperparameter_texts();
    const std::vector<ModelKind> models = all_models();
    const auto used_by_all = [&](const HyperparameterText& text) {
        return std::ranges::all_of(models, [&](ModelKind model) { return uses(model, text.name); });
    };
    std::string help =
        "For --set NAME=VALUE .. of train and sweep. The columns: name, default, what is accepted "
        "and what it is.\n\nOf every model:\n\n";
    for (const HyperparameterText& text : texts)
        if (used_by_all(text)) help += row_of(text, text.default_value);
    const nlohmann::json common = to_json(Hyperparameters());
    for (const ModelKind model : models) {
        const nlohmann::json own = to_json(default_hyperparameters(model));
        std::string rows;
        std::vector<std::string> others;
        for (const HyperparameterText& text : texts) {
            const std::string name(text.name);
            const bool is_own = own.at(name) != common.at(name);
            if (used_by_all(text) && is_own)
                others.push_back(fmt::format("{}={}", name, value_text(own.at(name))));
            else if (uses(model, name) && !used_by_all(text))
                rows += row_of(text, is_own ? value_text(own.at(name)) : text.default_value);
        }
        help += fmt::format("\nOf {}{}{}", to_string(model), rows.empty() ? "" : ", too",
                            others.empty()
                                ? std::string()
                                : fmt::format(", whose defaults are {}", fmt::join(others, ", ")));
        help += rows.empty() ? (others.empty() ? ": nothing more.\n" : ".\n") : ":\n\n" + rows;
    }
    return help;
}

std::string range_text(const SearchRange& range) {
    std::string text;
    if (!range.words.empty())
        text = fmt::format("{}", fmt::join(range.words, ", "));
    else if (!range.choices.empty())
        text = fmt::format("{}", fmt::join(range.choices, ", "));
    else
        text = fmt::format("{} to {}{}", range.low, range.high,
                           range.log ? ", uniform in the logarithm" : "");
    return range.where.empty() ? text : fmt::format("{} (with {})", text, range.where);
}

std::string ranges_text(const std::vector<SearchRange>& ranges) {
    std::string text;
    for (const SearchRange& range : ranges)
        text += fmt::format("  {:<20} {}\n", range.name, range_text(range));
    return text;
}

std::string space_help() {
    std::string help =
        "What a sweep searches unless --space says otherwise. What --set chooses isn't searched.\n";
    std::vector<std::string> published;
    for (const ModelKind model : all_models()) {
        const std::string ranges = ranges_text(default_space(model));
        if (!ranges.empty()) help += fmt::format("\nOf {}:\n\n{}", to_string(model), ranges);
        if (!published_space(model).empty()) published.emplace_back(to_string(model));
    }
    help += fmt::format(
        "\n--model auto searches over {}, too, and which it is.\n"
        "--space published: the published space, of {}.\n"
        "--space FILE: a file of TOML, such as\n\n"
        "  [parameters.lr]\n  low = 1e-3\n  high = 1e-1\n  log = true\n\n"
        "  [parameters.memory_size]\n  choices = [10, 20, 50]\n\n"
        "  [parameters.optimizer]\n  choices = [\"adam\", \"adamw\"]\n\n"
        "  [parameters.weight_decay]\n  low = 1e-3\n  high = 0.3\n  log = true\n"
        "  when = {{ optimizer = [\"adamw\"] }}  # searched there only\n",
        [] {
            std::vector<std::string> names;
            for (const ModelKind model : auto_models())
                names.emplace_back(to_string(model));
            return fmt::format("{}", fmt::join(names, ", "));
        }(),
        fmt::join(published, ", "));
    return help;
}

}  // namespace

std::span<const std::string_view> help_topics() {
    return topics;
}

std::string help_topic(std::string_view name) {
    if (name == "data") return data_help;
    if (name == "hyperparameters") return hyperparameters_help();
    if (name == "space") return space_help();
    return {};
}

}  // namespace manygpcm::cli
