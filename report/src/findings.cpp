// Computes the figures of the report from a study.
#include "findings.h"

#include <algorithm>
#include <boost/math/statistics/univariate_statistics.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "manygpcm/engine/fold_interval.h"

namespace manygpcm {
namespace {

constexpr int trials_per_parameter = 4;

// Of the mean of `values`; none for fewer than two.
std::optional<double> standard_error(const std::vector<double>& values) {
    if (values.size() < 2) return std::nullopt;
    return std::sqrt(boost::math::statistics::sample_variance(values) /
                     static_cast<double>(values.size()));
}

// What the score gains from one epoch to another, by fold.
std::vector<double> gains(const Trial& trial, std::size_t from, std::size_t to) {
    std::vector<double> found;
    for (const auto& fold : trial.folds)
        found.push_back(fold[to].validation.qwk - fold[from].validation.qwk);
    return found;
}

LearningCurve learning_curve(const Trial& trial) {
    LearningCurve curve;
    const auto n_epochs = static_cast<std::size_t>(trial.epochs());
    const auto n_folds = static_cast<double>(trial.folds.size());
    for (std::size_t epoch = 0; epoch < n_epochs; ++epoch) {
        double loss = 0, score = 0;
        for (const auto& fold : trial.folds) {
            loss += fold[epoch].train_loss / n_folds;
            score += fold[epoch].validation.qwk / n_folds;
        }
        curve.train_loss.push_back(loss);
        curve.score.push_back(score);
    }
    const auto best = std::max_element(curve.score.begin(), curve.score.end());
    const auto best_epoch = static_cast<std::size_t>(best - curve.score.begin());
    curve.best_epoch = 1 + static_cast<int>(best_epoch);
    if (n_epochs < 2) return curve;
    curve.loss_since_best = curve.train_loss.back() - curve.train_loss[best_epoch];

    curve.recent_epochs = std::max(1, static_cast<int>(n_epochs) / 5);
    const std::size_t last = n_epochs - 1;
    const std::size_t before = last - static_cast<std::size_t>(curve.recent_epochs);
    curve.drop = *best - curve.score[last];
    curve.drop_interval = fold_interval(gains(trial, last, best_epoch));
    curve.recent_gain = curve.score[last] - curve.score[before];
    curve.recent_loss = curve.train_loss[last] - curve.train_loss[before];
    curve.recent_gain_interval = fold_interval(gains(trial, before, last));
    using Shape = LearningCurve::Shape;
    if (curve.drop > level_change)
        curve.shape = Shape::falling;
    else
        curve.shape = curve.recent_gain > level_change ? Shape::improving : Shape::level;
    return curve;
}

std::vector<Budget> budgets(const Study& study) {
    std::map<std::pair<int, int>, int> counts;  // (epochs, folds) -> trials
    for (const Trial& trial : study.trials)
        ++counts[{trial.epochs_trained(), trial.folds_trained()}];
    std::vector<Budget> rows;
    rows.reserve(counts.size());
    for (const auto& [budget, trials] : counts)
        rows.push_back({.epochs = budget.first, .folds = budget.second, .trials = trials});
    return rows;
}

// Full trials whose scores on the folds aren't surely below the best one's.
int rivals(const Study& study, const Trial& best) {
    int found = 0;
    for (const Trial& trial : study.trials) {
        if (&trial == &best || !trial.full() || trial.folds.size() != best.folds.size()) continue;
        std::vector<double> differences;
        for (std::size_t fold = 0; fold < best.folds.size(); ++fold)
            differences.push_back(best.folds[fold].back().validation.qwk -
                                  trial.folds[fold].back().validation.qwk);
        const auto interval = fold_interval(differences);
        found += interval && interval->low <= 0;
    }
    return found;
}

void describe_winner(Findings& findings, const Trial& best) {
    const Study& study = *findings.study;
    findings.best = &best;
    if (!study.foreign) {
        findings.winner = study.space.apply(best.point, study.base);
        findings.loss = kernels::ordinal_loss(findings.winner.ce_weight_logit,
                                              findings.winner.focal_weight_logit,
                                              findings.winner.label_smoothing);
    }
    const std::vector<Metrics> by_fold = best.last_epochs();
    std::vector<double> median_gains;
    for (const Metrics& fold : by_fold) {
        findings.fold_scores.push_back(fold.qwk);
        median_gains.push_back(fold.qwk_median - fold.qwk);
    }
    findings.cross_validated = mean_over_folds(by_fold);
    findings.median_gain = findings.cross_validated.qwk_median - findings.cross_validated.qwk;
    findings.median_gain_interval = fold_interval(median_gains);
    findings.standard_error = standard_error(findings.fold_scores).value_or(0);
    findings.rivals = rivals(study, best);
    findings.edges = edges(study.space, best.point);
    findings.curve = learning_curve(best);
    findings.in_cross_validation = compare(findings.cross_validated, study.baselines_cv);
    if (study.winner) findings.held_out = compare(study.winner->metrics, study.baselines);
}

// How the score goes with what the loss was made of.
std::vector<Correlation> loss_correlations(const Study& study, std::span<const Point> points,
                                           const std::vector<double>& scores) {
    const auto searched = [&](const char* name) {
        return std::ranges::any_of(study.space.parameters(),
                                   [&](const Parameter& p) { return p.name == name; });
    };
    if (study.foreign) return {};
    if (!searched("ce_weight_logit") && !searched("focal_weight_logit")) return {};
    std::vector<double> ce, focal, qwk;
    for (const Point& point : points) {
        const Hyperparameters h = study.space.apply(point, study.base);
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

std::optional<ImprovementLeft> improvement_left(const Study& study, std::span<const Point> points,
                                                const std::vector<double>& scores) {
    std::vector<Observation> told;
    for (std::size_t i = 0; i < points.size(); ++i)
        told.push_back({points[i], scores[i], 1});
    return improvement_left(study.space, told, study.seed);
}

// What the parameters do to the score, among trials trained alike.
void compare_parameters(Findings& findings) {
    const Study& study = *findings.study;
    findings.trials_for_importance =
        trials_per_parameter * static_cast<int>(study.space.parameters().size());
    findings.comparable = comparable_trials(study, findings.trials_for_importance);
    const std::vector<double>& scores = findings.comparable.scores;
    std::vector<Point> points;
    for (const std::size_t number : findings.comparable.numbers)
        points.push_back(study.trials[number].point);
    findings.importances = importances(study.space, points, scores, study.seed);
    findings.correlations = parameter_correlations(study.space, points, scores);
    findings.loss_correlations = loss_correlations(study, points, scores);
    findings.improvement_left = improvement_left(study, points, scores);
    findings.chance_correlation =
        std::min(1.0, 2 / std::sqrt(static_cast<double>(std::max<std::size_t>(1, scores.size()))));
    if (findings.chance_correlation < 1)
        findings.expected_beyond_chance = 0.05 * static_cast<double>(findings.correlations.size());
}

// Whether scores after less training say anything of the end.
void look_ahead(Findings& findings) {
    if (!findings.compared_early()) return;
    std::vector<double> early, final_scores;
    for (std::size_t i = 0; i < findings.comparable.numbers.size(); ++i) {
        const double score = findings.scores[findings.comparable.numbers[i]];
        if (!std::isfinite(score)) continue;
        early.push_back(findings.comparable.scores[i]);
        final_scores.push_back(score);
    }
    findings.foretelling_trials = static_cast<int>(early.size());
    findings.foretelling = correlate("early score", early, final_scores);
}

}  // namespace

TrialState outcome(const Trial& trial) {
    return trial.state == TrialState::complete && !trial.successful() ? TrialState::failed
                                                                      : trial.state;
}

Findings findings_of(const Study& study) {
    Findings findings;
    findings.study = &study;
    for (const Trial& trial : study.trials) {
        // Scores after less training aren't scores like the others.
        findings.scores.push_back(trial.full() ? trial.score()
                                               : std::numeric_limits<double>::quiet_NaN());
        const TrialState state = outcome(trial);
        findings.failed += state == TrialState::failed;
        findings.pruned += state == TrialState::pruned;
        findings.unfinished += state == TrialState::running || state == TrialState::waiting;
        findings.trial_seconds += trial.seconds();
        findings.skipped_steps += trial.skipped_steps();
        findings.trials_with_skipped_steps += trial.skipped_steps() > 0;
    }
    findings.statistics = score_statistics(findings.scores);
    findings.convergence = convergence(findings.scores);
    compare_parameters(findings);
    findings.budgets = budgets(study);
    if (const Trial* best = study.best()) describe_winner(findings, *best);
    look_ahead(findings);
    return findings;
}

bool LearningCurve::beyond_noise() const {
    const auto& interval = shape == Shape::falling ? drop_interval : recent_gain_interval;
    return interval && interval->low > 0;
}

bool Findings::compared_early() const {
    return best != nullptr && (comparable.epochs < best->epochs() ||
                               comparable.folds < static_cast<int>(best->folds.size()));
}

const Comparison* Findings::with_classical() const {
    for (const Comparison& comparison : deciding())
        if (comparison.baseline == classical_name) return &comparison;
    return nullptr;
}

std::vector<const Importance*> Findings::negligible() const {
    std::vector<const Importance*> found;
    if (!enough_trials()) return found;
    const double beyond_pairs = std::max(0.0, importances.higher_order);  // anybody's
    const double half_a_fair_share = 0.5 / static_cast<double>(importances.parameters.size());
    for (const Importance& one : importances.parameters)
        if (one.fanova_total.high + beyond_pairs < negligible_share &&
            one.ped_anova.value < half_a_fair_share)
            found.push_back(&one);
    return found;
}

double Findings::total_importance(const std::string& parameter) const {
    for (const Importance& one : importances.parameters)
        if (one.name == parameter) return one.fanova_total.value;
    return 0;
}

}  // namespace manygpcm
