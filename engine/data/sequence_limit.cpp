// Looks at the learner with the most answers.
#include "manygpcm/engine/sequence_limit.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/input_text.h"
#include "manygpcm/engine/models.h"

namespace manygpcm {
namespace {

bool attends(ModelKind model) {
    return uses(model, "attention");
}

}  // namespace

std::optional<std::string> check_lengths(const Dataset& dataset, ModelKind model,
                                         const std::filesystem::path& data) {
    if (!attends(model)) return std::nullopt;
    const Learner* longest = nullptr;
    for (const auto* learners : {&dataset.train, &dataset.test})
        for (const Learner& learner : *learners)
            if (longest == nullptr || learner.questions.size() > longest->questions.size())
                longest = &learner;
    if (longest == nullptr || longest->questions.size() <= many_attended_steps) return std::nullopt;
    const std::string who = fmt::format(
        "{}: learner {} has {} answers, and the time that {} takes grows with the "
        "square of them",
        data.string(), shown(longest->id), longest->questions.size(), to_string(model));
    const std::vector<ModelKind> models = all_models();
    if (longest->questions.size() > most_attended_steps)
        throw InputError(fmt::format("{}; expected at most {}: leave older ones out, or take {}",
                                     who, most_attended_steps,
                                     to_string(*std::ranges::find_if_not(models, attends))));
    return who;
}

}  // namespace manygpcm
