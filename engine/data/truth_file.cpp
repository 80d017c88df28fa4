// truth.json, as `manygpcm simulate` writes it.
#include "data/truth_file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "data/input_text.h"
#include "manygpcm/engine/detail/json_text.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
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

    [[noreturn]] void fail(std::string_view what) const {
        throw InputError(fmt::format(
            "{}: {}; expected what made the dataset beside it: ability, discrimination, threshold",
            file_.string(), what));
    }

    const json& list(const char* name, std::size_t least) const {
        const auto found = content_.find(name);
        if (found == content_.end() || !found->is_array()) fail(fmt::format("no list {}", name));
        if (found->size() < least)
            fail(fmt::format("{} has {} entries, the dataset at least {}", name, found->size(),
                             least));
        return *found;
    }

    double number(const json& value, const char* name) const {
        if (!value.is_number() || !std::isfinite(value.get<double>()))
            fail(fmt::format("{} has {}, not a number", name, shown(value.dump())));
        return value.get<double>();
    }

    /// 0 where there is none.
    double optional_number(const char* name) const {
        const auto found = content_.find(name);
        return found == content_.end() ? 0 : number(*found, name);
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
        content.fail(fmt::format("ability has {} entries, the dataset {} learners",
                                 abilities.size(), n_learners));
    for (const json& value : abilities)
        truth.ability.push_back(content.number(value, "ability"));

    truth.motion = {content.optional_number("growth"), content.optional_number("drift")};
    if (std::abs(truth.motion.growth) > largest_deviation || truth.motion.drift < 0 ||
        truth.motion.drift > largest_deviation)
        content.fail(
            fmt::format("growth is {} and drift {}; expected {} at most, and no drift below 0",
                        truth.motion.growth, truth.motion.drift, largest_deviation));

    // Questions that nobody was asked may follow those of the dataset.
    const auto n_questions = static_cast<std::size_t>(dataset.n_questions);
    const json& discriminations = content.list("discrimination", n_questions);
    const json& thresholds = content.list("threshold", n_questions);
    for (std::size_t q = 0; q < n_questions; ++q) {
        truth.discrimination.push_back(content.number(discriminations[q], "discrimination"));
        const json& of_question = thresholds[q];
        if (!of_question.is_array() ||
            of_question.size() + 1 != static_cast<std::size_t>(dataset.n_categories))
            content.fail(fmt::format("threshold of question {} isn't a list of {} numbers", q,
                                     dataset.n_categories - 1));
        for (const json& value : of_question)
            truth.threshold.push_back(content.number(value, "threshold"));
    }
    return truth;
}

}  // namespace manygpcm
