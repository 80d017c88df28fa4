// truth.json, as `manygpcm simulate` writes it.
#include "data/truth_file.h"

#include <fmt/format.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "data/input_text.h"
#include "manygpcm/engine/detail/json_text.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/simulate.h"

namespace manygpcm {
namespace {

using nlohmann::json;

class TruthFile {
  public:
    explicit TruthFile(const std::filesystem::path& file)
        : file_(file), content_(parse_json(read_file(file), file.string())) {
        if (!content_.is_object()) fail("not a JSON object");
    }

    [[noreturn]] void fail(std::string_view what, std::string_view expected =
                                                      "what made the dataset beside it: ability, "
                                                      "discrimination, threshold") const {
        throw InputError(fmt::format("{}: {}; expected {}", file_.string(), what, expected));
    }

    const json& list(const char* name, std::size_t least) const {
        const auto found = content_.find(name);
        if (found == content_.end() || !found->is_array()) fail(fmt::format("no list {}", name));
        if (found->size() < least)
            fail(fmt::format("{} has {}, the dataset at least {}", name,
                             counted(std::ssize(*found), "entry"), least));
        return *found;
    }

    /// @param key  of the value, for messages
    double number(const json& value, std::string_view key, double lowest, double highest) const {
        const bool good =
            value.is_number() && value.get<double>() >= lowest && value.get<double>() <= highest;
        if (!good)
            fail(fmt::format("{} is {}", key, shown(value.dump())),
                 fmt::format("a number from {} to {}", lowest, highest));
        return value.get<double>();
    }

    /// Of a list.
    double entry(const json& list, std::size_t i, std::string_view key, double largest) const {
        return number(list[i], fmt::format("{}[{}]", key, i), -largest, largest);
    }

    /// 0 where there is none.
    double optional_number(const char* name, double lowest, double highest) const {
        const auto found = content_.find(name);
        return found == content_.end() ? 0 : number(*found, name, lowest, highest);
    }

  private:
    std::filesystem::path file_;
    json content_;
};

}  // namespace

Truth read_truth(const std::filesystem::path& file, const Dataset& dataset) {
    const TruthFile content(file);
    Truth truth;
    const std::size_t n_learners = dataset.train.size() + dataset.test.size();
    const json& abilities = content.list("ability", n_learners);
    if (abilities.size() != n_learners)
        content.fail(fmt::format("ability has {}, the dataset {}",
                                 counted(std::ssize(abilities), "entry"),
                                 counted(static_cast<std::int64_t>(n_learners), "learner")));
    for (std::size_t i = 0; i < n_learners; ++i)
        truth.ability.push_back(content.entry(abilities, i, "ability", largest_ability));

    truth.motion = {content.optional_number("growth", -largest_deviation, largest_deviation),
                    content.optional_number("drift", 0, largest_deviation)};

    // Questions that nobody was asked may follow those of the dataset.
    const auto n_questions = static_cast<std::size_t>(dataset.n_questions);
    const json& discriminations = content.list("discrimination", n_questions);
    const json& thresholds = content.list("threshold", n_questions);
    for (std::size_t q = 0; q < n_questions; ++q) {
        truth.discrimination.push_back(
            content.entry(discriminations, q, "discrimination", largest_discrimination));
        const json& of_question = thresholds[q];
        if (!of_question.is_array() ||
            of_question.size() + 1 != static_cast<std::size_t>(dataset.n_categories))
            content.fail(fmt::format("threshold[{}] isn't a list of {}", q,
                                     counted(dataset.n_categories - 1, "number")));
        for (std::size_t k = 0; k < of_question.size(); ++k)
            truth.threshold.push_back(
                content.entry(of_question, k, fmt::format("threshold[{}]", q), largest_threshold));
    }
    return truth;
}

}  // namespace manygpcm
