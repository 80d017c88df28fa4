// Computes the figures of the report from a study.
#include "figures/findings.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "manygpcm/search/sampler.h"

namespace manygpcm::report {
namespace {

constexpr int trials_per_parameter = 4;

std::vector<Budget> budgets(const search::Study& study) {
    std::map<std::pair<int, int>, int> counts;  // (epochs, folds) -> trials
    for (const search::Trial& trial : study.trials)
        ++counts[{trial.epochs_trained(), trial.folds_trained()}];
    std::vector<Budget> rows;
    rows.reserve(counts.size());
    for (const auto& [budget, trials] : counts)
        rows.push_back({.epochs = budget.first, .folds = budget.second, .trials = trials});
    return rows;
}

// How the score goes with what the loss was made of.
std::vector<Correlation> loss_correlations(const search::Study& study,
                                           std::span<const search::Point> points,
                                           const std::vector<double>& scores) {
    const auto searched = [&](const char* name) {
        return std::ranges::any_of(study.space.parameters(),
                                   [&](const search::Parameter& p) { return p.name == name; });
    };
    if (study.foreign) return {};
    if (!searched("ce_weight_logit") && !searched("focal_weight_logit")) return {};
    std::vector<double> ce, focal, qwk;
    for (const search::Point& point : points) {
        const Hyperparameters h = study.at(point);
        const auto loss =
            kernels::ordinal_loss(h.ce_weight_logit, h.focal_weight_logit, h.label_smoothing);
        ce.push_back(loss.ce);
        focal.push_back(loss.focal);
        qwk.push_back(loss.qwk);
    }
    std::vector<Correlation> found;
    for (const auto& [name, weights] : {std::pair{"CE", &ce}, {"Focal", &focal}, {"QWK", &qwk}})
        if (auto one = correlate(name, *weights, scores)) found.push_back(*std::move(one));
    return found;
}

std::optional<search::ImprovementLeft> improvement_left(const search::Study& study,
                                                        std::span<const search::Point> points,
                                                        const std::vector<double>& scores) {
    std::vector<search::Observation> told;
    for (std::size_t i = 0; i < points.size(); ++i)
        told.push_back({points[i], study.minimize ? -scores[i] : scores[i], 1});
    return search::improvement_left(study.space, told, study.seed);
}

// What the parameters do to the score, among trials trained alike.
void compare_parameters(Findings& findings, StopFlag stop, const WorkObserver& observer) {
    const search::Study& study = *findings.study;
    findings.trials_for_importance =
        trials_per_parameter * static_cast<int>(study.space.parameters().size());
    findings.comparable = comparable_trials(study, findings.trials_for_importance);
    // Too few early scores tell less than a few final ones.
    if (findings.judged_early() && !findings.enough_trials())
        if (ComparableTrials full = trials_at(study, study.epochs, study.n_folds);
            full.positions.size() >= fewest_for_importance)
            findings.comparable = std::move(full);
    const std::vector<double>& scores = findings.comparable.scores;
    std::vector<search::Point> points;
    for (const std::size_t position : findings.comparable.positions)
        points.push_back(study.trials[position].point);
    if (!findings.judged_early() || findings.enough_trials())
        findings.importances =
            importances(study.space, points, scores, study.seed, study.minimize, stop, observer);
    findings.correlations = parameter_correlations(study.space, points, scores);
    findings.loss_correlations = loss_correlations(study, points, scores);
    throw_if_set(stop);
    findings.improvement_left = improvement_left(study, points, scores);
    findings.chance_correlation = chance_correlation(findings.n_comparable());
    if (findings.chance_correlation < 1)
        findings.expected_beyond_chance = 0.05 * static_cast<double>(findings.correlations.size());
}

// Whether scores after less training say anything of the end.
void look_ahead(Findings& findings) {
    if (!findings.compared_early()) return;
    std::vector<double> early, final_scores;
    for (std::size_t i = 0; i < findings.comparable.positions.size(); ++i) {
        const search::Trial& trial = findings.study->trials[findings.comparable.positions[i]];
        const double score = findings.scores[static_cast<std::size_t>(trial.number)];
        if (!std::isfinite(score)) continue;
        early.push_back(findings.comparable.scores[i]);
        final_scores.push_back(score);
    }
    findings.foretelling_trials = static_cast<int>(early.size());
    findings.foretelling = correlate("early score", early, final_scores);
}

}  // namespace

search::TrialState outcome(const search::Trial& trial) {
    return trial.state == search::TrialState::complete && !trial.successful()
               ? search::TrialState::failed
               : trial.state;
}

Findings findings_of(const search::Study& study, StopFlag stop, const WorkObserver& observer) {
    Findings findings;
    findings.study = &study;
    findings.scores.resize(static_cast<std::size_t>(study.numbered()),
                           std::numeric_limits<double>::quiet_NaN());
    for (const search::Trial& trial : study.trials) {
        // Scores after less training aren't scores like the others.
        if (trial.full()) findings.scores[static_cast<std::size_t>(trial.number)] = trial.score();
        const search::TrialState state = outcome(trial);
        findings.failed += state == search::TrialState::failed;
        findings.pruned += state == search::TrialState::pruned;
        findings.unfinished += trial.unfinished();
        findings.trial_seconds += trial.seconds();
        findings.skipped_steps += trial.skipped_steps();
        findings.trials_with_skipped_steps += trial.skipped_steps() > 0;
    }
    findings.statistics = score_statistics(findings.scores, study.minimize);
    findings.convergence = convergence(findings.scores, study.minimize,
                                       study.relative_scale() && findings.statistics.range > 0
                                           ? convergence_share * findings.statistics.range
                                           : convergence_threshold);
    compare_parameters(findings, stop, observer);
    findings.budgets = budgets(study);
    const search::Trial* best = study.best();
    if (best != nullptr) findings.winner = describe_winner(study, *best);
    findings.cross_validation = scored_in_cross_validation(study, best);
    findings.held_out = scored_on_held_out(study);
    look_ahead(findings);
    throw_if_set(stop);
    findings.items = item_figures(study);
    return findings;
}

bool Findings::some_trained_less() const {
    return std::ranges::any_of(budgets, [&](const Budget& budget) {
        return budget.epochs < study->epochs || budget.folds < study->n_folds;
    });
}

bool Findings::judged_early() const {
    return !study->foreign &&
           (comparable.epochs < study->epochs || comparable.folds < study->n_folds);
}

bool Findings::compared_early() const {
    return winner && !study->foreign &&
           (comparable.epochs < winner->trial->epochs() ||
            comparable.folds < static_cast<int>(winner->trial->folds.size()));
}

bool Findings::bidirectional() const {
    return std::ranges::any_of(study->bases(), [](const Hyperparameters& base) {
        return uses(base.model, "attention") && base.attention == AttentionKind::bidirectional;
    });
}

int Findings::points_of(search::Origin origin) const {
    if (origins_unknown()) return 0;
    const std::optional<int> before = search::points_before_learning(study->sampler);
    int place = 0, points = 0;
    for (const search::Trial& trial : study->trials) {
        // Where it isn't on record, as the sampler usually does.
        const bool by_scores = before && place++ >= *before;
        points += trial.origin.value_or(by_scores ? search::Origin::scores
                                                  : search::Origin::chance) == origin;
    }
    return points;
}

bool Findings::origins_unknown() const {
    const auto ours = search::sampler_names();
    return study->foreign ||
           (std::ranges::find(ours, study->sampler) == ours.end() &&
            !std::ranges::all_of(study->trials, &std::optional<search::Origin>::has_value,
                                 &search::Trial::origin));
}

double Findings::total_importance(const std::string& parameter) const {
    for (const Importance& one : importances.parameters)
        if (one.name == parameter) return one.fanova_total.value;
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace manygpcm::report
