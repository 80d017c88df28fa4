// Lets the metrics of each part grow.
#include "study/scored_parts.h"

#include <algorithm>
#include <bit>

namespace manygpcm::search {
namespace {

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

}  // namespace

ScoredParts::ScoredParts(const Skills& skills, const Study& study)
    : skills_(skills), study_(study) {
    for (std::size_t skill = 0; skill < skills.names.size(); ++skill)
        of_skill_.emplace_back(study.n_categories);
}

void ScoredParts::add(PredictedBy by, Learners learners, std::span<const int> which,
                      std::span<const float> probabilities) {
    const auto width = static_cast<std::size_t>(study_.n_categories);
    for (const int i : which) {
        const Learner& learner = learners[static_cast<std::size_t>(i)];
        longest_ = std::max(longest_, learner.responses.size());
        for (std::size_t t = 0; t < learner.responses.size(); ++t) {
            const auto row = probabilities.first(width);
            probabilities = probabilities.subspan(width);
            const auto response = std::span(learner.responses).subspan(t, 1);
            const auto add_to = [&](Part& part) {
                (by == PredictedBy::winner ? part.winner : part.classical).add(row, response);
            };
            const auto place = static_cast<std::size_t>(std::bit_width(t));
            while (of_position_.size() <= place)
                of_position_.emplace_back(study_.n_categories);
            add_to(of_position_[place]);
            if (of_skill_.empty()) continue;
            for (const std::int32_t skill :
                 skills_.of_question[static_cast<std::size_t>(learner.questions[t])])
                add_to(of_skill_[static_cast<std::size_t>(skill)]);
        }
    }
}

ScoredPart ScoredParts::scored(Part& part) const {
    const Metrics of_winner = part.winner.metrics();
    return {.responses = of_winner.n,
            .winner = values_of(of_winner, study_),
            .classical = values_of(part.classical.metrics(), study_)};
}

std::vector<ScoredPart> ScoredParts::by_skill() {
    std::vector<ScoredPart> parts;
    for (std::size_t skill = 0; skill < of_skill_.size(); ++skill) {
        ScoredPart part = scored(of_skill_[skill]);
        if (part.responses == 0) continue;
        part.skill = skills_.names[skill];
        parts.push_back(std::move(part));
    }
    std::ranges::stable_sort(parts, std::ranges::greater(), &ScoredPart::responses);
    return parts;
}

std::vector<ScoredPart> ScoredParts::by_position() {
    std::vector<ScoredPart> parts;
    for (std::size_t place = 0; place < of_position_.size(); ++place) {
        ScoredPart& part = parts.emplace_back(scored(of_position_[place]));
        part.first = place == 0 ? 1 : (1 << (place - 1)) + 1;
        part.last = std::min(1 << place, static_cast<int>(longest_));
    }
    return parts;
}

}  // namespace manygpcm::search
