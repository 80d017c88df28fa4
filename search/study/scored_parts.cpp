// Gathers each part's responses and scores them as a whole.
#include "study/scored_parts.h"

#include <algorithm>

namespace manygpcm::search {
namespace {

using Steps = std::vector<std::size_t>;  // positions in PredictedResponses

std::vector<float> rows_of(std::span<const float> probabilities, const Steps& steps,
                           std::size_t width) {
    std::vector<float> rows;
    rows.reserve(steps.size() * width);
    for (const std::size_t step : steps) {
        const auto row = probabilities.subspan(step * width, width);
        rows.insert(rows.end(), row.begin(), row.end());
    }
    return rows;
}

// Undefined ones are left out: QWK of a part in which one category alone occurs says nothing.
ScoredPart::Values values_of(const Metrics& metrics, const Study& study) {
    const auto occurring = std::ranges::count_if(
        metrics.categories, [](const CategoryScores& one) { return one.count > 0; });
    ScoredPart::Values values;
    for (const Metric& metric : metric_table()) {
        if (!(metric.brief && metric.shown(study.n_categories)) && metric.name != study.objective)
            continue;
        if ((metric.corrected_for_chance() || metric.name == "auc") && occurring < 2) continue;
        values[std::string(metric.name)] = metrics[metric];
    }
    return values;
}

ScoredPart score(const PredictedResponses& predicted, const Steps& steps, const Study& study) {
    const auto width = static_cast<std::size_t>(study.n_categories);
    std::vector<std::int32_t> responses;
    responses.reserve(steps.size());
    for (const std::size_t step : steps)
        responses.push_back(predicted.responses[step]);
    const auto scored = [&](std::span<const float> probabilities) {
        return values_of(
            compute_metrics(rows_of(probabilities, steps, width), responses, study.n_categories),
            study);
    };
    return {.responses = static_cast<std::int64_t>(steps.size()),
            .winner = scored(predicted.by_winner),
            .classical = scored(predicted.by_classical)};
}

}  // namespace

void PredictedResponses::add(Learners learners, std::span<const int> which,
                             std::span<const float> winner, std::span<const float> classical) {
    for (const int i : which) {
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        questions.insert(questions.end(), learner.questions.begin(), learner.questions.end());
        responses.insert(responses.end(), learner.responses.begin(), learner.responses.end());
        offsets.push_back(static_cast<std::int32_t>(responses.size()));
    }
    by_winner.insert(by_winner.end(), winner.begin(), winner.end());
    by_classical.insert(by_classical.end(), classical.begin(), classical.end());
}

std::vector<ScoredPart> by_skill(const PredictedResponses& predicted, const Skills& skills,
                                 const Study& study) {
    std::vector<Steps> steps(skills.names.size());
    for (std::size_t step = 0; !steps.empty() && step < predicted.questions.size(); ++step)
        for (const std::int32_t skill :
             skills.of_question[static_cast<std::size_t>(predicted.questions[step])])
            steps[static_cast<std::size_t>(skill)].push_back(step);
    std::vector<ScoredPart> parts;
    for (std::size_t skill = 0; skill < steps.size(); ++skill) {
        if (steps[skill].empty()) continue;
        parts.push_back(score(predicted, steps[skill], study));
        parts.back().skill = skills.names[skill];
    }
    std::ranges::stable_sort(parts, std::ranges::greater(), &ScoredPart::responses);
    return parts;
}

std::vector<ScoredPart> by_position(const PredictedResponses& predicted, const Study& study) {
    std::vector<ScoredPart> parts;
    for (int first = 1, last = 1;; first = last + 1, last *= 2) {
        Steps steps;
        int longest = 0;
        for (std::size_t learner = 0; learner + 1 < predicted.offsets.size(); ++learner) {
            const int begin = predicted.offsets[learner],
                      length = predicted.offsets[learner + 1] - begin;
            longest = std::max(longest, length);
            for (int position = first; position <= std::min(last, length); ++position)
                steps.push_back(static_cast<std::size_t>(begin + position - 1));
        }
        if (steps.empty()) return parts;
        parts.push_back(score(predicted, steps, study));
        parts.back().first = first;
        parts.back().last = std::min(last, longest);
    }
}

}  // namespace manygpcm::search
