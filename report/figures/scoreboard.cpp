// Takes from the study what was scored, and cuts or leaves out intervals.
#include "figures/scoreboard.h"

#include <algorithm>
#include <utility>

#include "manygpcm/engine/fold_interval.h"

namespace manygpcm::report {
namespace {

/// What the winner has more than a baseline can be no more than the best possible figure has.
void cut_differences(search::ScoredPredictor& baseline) {
    for (auto& [name, interval] : baseline.winner_differences) {
        const Metric& metric = *find_metric(name);
        const double own = baseline.metrics[metric];
        interval.low = std::max(interval.low, metric.lowest - own);
        interval.high = std::min(interval.high, metric.highest - own);
    }
}

Scoreboard scoreboard(std::optional<search::ScoredPredictor> winner,
                      std::optional<search::ScoredPredictor> folds_average,
                      std::vector<search::ScoredPredictor> baselines,
                      std::optional<search::ScoredPredictor> ceiling, bool sure,
                      const search::Study& study) {
    Scoreboard board{.winner = std::move(winner),
                     .folds_average = std::move(folds_average),
                     .ceiling = std::move(ceiling),
                     .baselines = std::move(baselines),
                     .sure = sure};
    if (winner_is_classical(study))
        std::erase_if(board.baselines, [](const search::ScoredPredictor& baseline) {
            return baseline.name == search::classical_name;
        });
    board.lead = &leading_metric(study, board.baselines);
    const auto prepare = [&](search::ScoredPredictor& scored) {
        if (!sure || !board.winner) scored.winner_differences.clear();
        cut_differences(scored);
    };
    std::ranges::for_each(board.baselines, prepare);
    if (board.ceiling) {
        board.ceiling->name = search::ceiling_name;  // also where an earlier version named it
        prepare(*board.ceiling);
    }
    if (board.folds_average) prepare(*board.folds_average);
    if (!board.winner) return board;
    const Metric& objective = study.metric();
    board.comparisons = compare(board.winner->metrics, board.baselines, *board.lead, objective);
    if (board.ceiling)
        for (const Comparison& one :
             compare(board.winner->metrics, {*board.ceiling}, *board.lead, objective))
            board.with_ceiling = one;
    return board;
}

}  // namespace

bool winner_is_classical(const search::Study& study) {
    const search::Trial* best = study.foreign ? nullptr : study.best();
    return best != nullptr && study.at(best->point).model == parse_model("gpcm");
}

bool folds_decide(const search::Study& study) {
    return study.n_learners >= search::fewest_held_out && study.n_folds >= fewest_folds;
}

std::optional<Interval> interval_over_folds(const search::Study& study,
                                            std::span<const double> differences) {
    return folds_decide(study) ? fold_interval(differences) : std::nullopt;
}

std::vector<const search::ScoredPredictor*> Scoreboard::all() const {
    std::vector<const search::ScoredPredictor*> list;
    if (winner) list.push_back(&*winner);
    if (folds_average) list.push_back(&*folds_average);
    for (const search::ScoredPredictor& baseline : baselines)
        list.push_back(&baseline);
    if (ceiling) list.push_back(&*ceiling);
    return list;
}

Scoreboard scored_in_cross_validation(const search::Study& study, const search::Trial* best) {
    if (study.foreign) return {};
    std::optional<search::ScoredPredictor> winner;
    if (best != nullptr)
        winner = {.name = "winner", .metrics = search::mean_over_folds(best->last_epochs())};
    return scoreboard(winner, {}, study.baselines_cv, study.ceiling_cv, folds_decide(study), study);
}

Scoreboard scored_on_held_out(const search::Study& study) {
    if (study.foreign) return {};
    return scoreboard(study.winner, study.folds_average, study.baselines, study.ceiling,
                      study.n_test_learners >= search::fewest_held_out, study);
}

std::optional<int> only_category(const Metrics& metrics) {
    const std::size_t n = metrics.categories.size();
    std::optional<int> only;
    for (std::size_t predicted = 0; predicted < n; ++predicted) {
        bool ever = false;
        for (std::size_t observed = 0; observed < n; ++observed)
            ever = ever || metrics.confusion[observed * n + predicted] > 0;
        if (!ever) continue;
        if (only) return std::nullopt;
        only = static_cast<int>(predicted);
    }
    return only;
}

}  // namespace manygpcm::report
