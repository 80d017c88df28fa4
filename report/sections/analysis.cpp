// The analysis as JSON, schema version 2: docs/analysis_json.md describes every field.
#include "manygpcm/report/analysis.h"

#include <fmt/format.h>

#include <algorithm>

#include "figures/edges.h"
#include "figures/failed_trials.h"
#include "figures/findings.h"
#include "sections/score_titles.h"
#include "sections/sentences.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;

constexpr int schema_version = 2;

json or_null(const std::optional<double>& value) {
    return value ? json(*value) : json(nullptr);
}

json interval(const std::optional<Interval>& of) {
    return of ? json::array({of->low, of->high}) : json(nullptr);
}

json settings(const search::Study& study) {
    return {{"sampler", study.sampler}, {"scheduler", study.scheduler}, {"cv_on", study.cv_on},
            {"seed", study.seed},       {"folds", study.n_folds},       {"epochs", study.epochs},
            {"jobs", study.jobs},       {"base", study.base.to_json()}};
}

/// Words by their labels.
json value_json(const search::Parameter& parameter, double value) {
    if (parameter.ordered()) return value;
    return search::format_value(parameter, value);
}

json point_json(const search::Space& space, const search::Point& point) {
    json values = json::object();
    for (const search::Parameter& parameter : space.parameters()) {
        const auto value = point.find(parameter.name);
        values[parameter.name] =
            value == point.end() ? json(nullptr) : value_json(parameter, value->second);
    }
    return values;
}

json space_json(const search::Space& space) {
    json list = json::array();
    for (const search::Parameter& parameter : space.parameters()) {
        json entry = {{"name", parameter.name}};
        if (parameter.condition) {
            const search::Parameter& parent = space.find(parameter.condition->name);
            json values = json::array();
            for (const double value : parameter.condition->values)
                values.push_back(value_json(parent, value));
            entry["when"] = {{parent.name, values}};
            entry["otherwise"] = value_json(parameter, parameter.condition->otherwise);
        }
        if (parameter.kind == search::Parameter::Kind::choice) {
            entry["kind"] = "choice";
            entry["choices"] = json::array();
            for (const double value : parameter.choices)
                entry["choices"].push_back(value_json(parameter, value));
        } else {
            entry["kind"] = parameter.kind == search::Parameter::Kind::integer ? "integer" : "real";
            entry["low"] = parameter.low;
            entry["high"] = parameter.high;
            entry["log"] = parameter.log;
            entry["step"] = parameter.step > 0 ? json(parameter.step) : json(nullptr);
        }
        list.push_back(entry);
    }
    return list;
}

json summary(const Findings& f) {
    const ScoreStatistics& s = f.statistics;
    json summary = {{"total_trials", s.total_trials},
                    {"successful_trials", s.successful_trials},
                    {"failed_trials", f.failed},
                    {"pruned_trials", f.pruned},
                    {"unfinished_trials", f.unfinished},
                    {"trial_seconds", f.trial_seconds},
                    {"wall_seconds", f.study->wall_seconds},
                    {"skipped_steps", f.skipped_steps},
                    {"trials_with_skipped_steps", f.trials_with_skipped_steps}};
    if (!f.winner) return summary;
    summary["best_score"] = s.best;
    summary["best_trial"] = s.best_trial;
    summary["mean_score"] = s.mean;
    summary["std_score"] = s.standard_deviation;
    return summary;
}

json best(const Findings& f) {
    if (!f.winner) return nullptr;
    json best = {{"trial", f.winner->trial->number + 1},
                 {"score", f.winner->trial->score()},
                 {"fold_scores", f.winner->fold_scores},
                 {"standard_error", f.winner->standard_error},
                 {"rivals", f.winner->rivals},
                 {"parameters", point_json(f.study->space, f.winner->trial->point)}};
    const bool ours = !f.study->foreign;
    best["cross_validated"] = ours ? to_json(f.winner->cross_validated) : json(nullptr);
    best["hyperparameters"] = ours ? f.winner->hyperparameters.to_json() : json(nullptr);
    best["median_gain"] = ours ? json(f.winner->median_gain) : json(nullptr);
    best["median_gain_interval"] = ours ? interval(f.winner->median_gain_interval) : json(nullptr);
    best["loss_weights"] = nullptr;
    if (ours)
        best["loss_weights"] = {{"ce", f.winner->loss.ce},
                                {"focal", f.winner->loss.focal},
                                {"qwk", f.winner->loss.qwk}};
    return best;
}

json estimate(const Estimate& e) {
    return {{"value", e.value}, {"low", e.low}, {"high", e.high}};
}

json importance(const Findings& f) {
    json list = json::array();
    for (const Importance& one : f.importances.parameters)
        list.push_back({{"name", one.name},
                        {"fanova", estimate(one.fanova)},
                        {"fanova_total", estimate(one.fanova_total)},
                        {"ped_anova", estimate(one.ped_anova)},
                        {"impurity", estimate(one.impurity)}});
    return list;
}

json pair_importance(const Findings& f) {
    json list = json::array();
    for (const PairImportance& pair : f.importances.pairs)
        list.push_back({{"names", {pair.first, pair.second}}, {"fanova", estimate(pair.fanova)}});
    return list;
}

json correlations(const std::vector<Correlation>& correlations) {
    json list = json::array();
    for (const Correlation& one : correlations)
        list.push_back({{"name", one.name},
                        {"trials", one.trials},
                        {"pearson", estimate(one.pearson)},
                        {"spearman", estimate(one.spearman)}});
    return list;
}

json values_json(const search::Space& space, const std::string& name,
                 const std::vector<double>& values) {
    json list = json::array();
    for (const double value : values)
        list.push_back(value_json(space.find(name), value));
    return list;
}

json slices(const Findings& f) {
    json list = json::array();
    for (const Slice& slice : f.importances.slices)
        list.push_back({{"name", slice.name},
                        {"values", values_json(f.study->space, slice.name, slice.values)},
                        {"score", slice.scores}});
    return list;
}

json contours(const Findings& f) {
    json list = json::array();
    for (const Contour& contour : f.importances.contours)
        list.push_back({{"x", contour.x},
                        {"y", contour.y},
                        {"x_values", values_json(f.study->space, contour.x, contour.x_values)},
                        {"y_values", values_json(f.study->space, contour.y, contour.y_values)},
                        {"score", contour.scores}});
    return list;
}

json comparable(const Findings& f) {
    const bool foreign = f.study->foreign;
    return {{"epochs", foreign ? json(nullptr) : json(f.comparable.epochs)},
            {"folds", foreign ? json(nullptr) : json(f.comparable.folds)},
            {"trials", f.n_comparable()},
            {"left_out", f.statistics.total_trials - f.n_comparable()},
            {"early", f.compared_early()},
            {"foretelling_trials", f.foretelling_trials},
            {"foretelling", f.foretelling ? estimate(f.foretelling->spearman) : json(nullptr)}};
}

json score_titles(const Findings& f) {
    const ScoreTitles titles = score_titles(*f.study, f.comparable);
    return {{"name", titles.name}, {"full", titles.full}, {"compared", titles.compared}};
}

json convergence_json(const Findings& f) {
    if (!f.enough_to_converge()) return nullptr;
    const Convergence& c = f.convergence;
    return {{"trial", c.trial},
            {"settled", c.settled},
            {"threshold", c.threshold},
            {"final_best_score", c.final_best},
            {"improvement_rate", c.improvement_rate},
            {"efficiency", c.efficiency}};
}

json efficiency_json(const Findings& f) {
    if (f.statistics.successful_trials < 2) return nullptr;
    const ScoreStatistics& s = f.statistics;
    return {{"score_range", s.range},
            {"exploration_ratio", s.exploration_ratio},
            {"improvement_rate", s.improvement_rate},
            {"percentile_95", s.percentile_95}};
}

json calibration(const search::ScoredPredictor& scored) {
    json list = json::array();
    for (const CalibrationBin& bin : scored.calibration)
        list.push_back({{"low", bin.low},
                        {"high", bin.high},
                        {"count", bin.count},
                        {"confidence", bin.count > 0 ? json(bin.confidence) : json(nullptr)},
                        {"accuracy", bin.count > 0 ? json(bin.accuracy) : json(nullptr)}});
    return list;
}

json predictor(const search::ScoredPredictor& scored) {
    json entry = {{"name", scored.name}, {"metrics", to_json(scored.metrics)}};
    const auto scalars = scored.metrics.scalars();
    const auto add = [&](const char* name, const std::vector<Interval>& intervals) {
        for (std::size_t i = 0; i < intervals.size(); ++i)
            entry[name][scalars[i].first] = interval(intervals[i]);
    };
    add("intervals", scored.intervals);
    add("winner_differences", scored.winner_differences);
    if (!scored.calibration.empty()) entry["calibration"] = calibration(scored);
    return entry;
}

json predictor_or_null(const std::optional<search::ScoredPredictor>& scored) {
    return scored ? predictor(*scored) : json(nullptr);
}

json predictors(const std::vector<search::ScoredPredictor>& scored) {
    json list = json::array();
    for (const search::ScoredPredictor& one : scored)
        list.push_back(predictor(one));
    return list;
}

json edges_json(const Findings& f) {
    json list = json::array();
    if (!f.winner) return list;
    for (const Edge& edge : f.winner->edges) {
        const search::Parameter& parameter = f.study->space.find(edge.name);
        const auto next = beyond(parameter, edge.upper);
        list.push_back({{"name", edge.name},
                        {"value", edge.value},
                        {"side", edge.upper ? "upper" : "lower"},
                        {"bound", bound(parameter, edge.upper)},
                        {"extend_to", or_null(next)}});
    }
    return list;
}

json fidelity(const Findings& f) {
    json list = json::array();
    for (const Budget& budget : f.budgets)
        list.push_back(
            {{"epochs", budget.epochs}, {"folds", budget.folds}, {"trials", budget.trials}});
    return list;
}

json curve(const Findings& f) {
    if (!f.winner || f.study->foreign) return nullptr;
    constexpr const char* shapes[] = {"too_short", "improving", "level", "falling"};
    return {{"train_loss", f.winner->curve.train_loss},
            {"score", f.winner->curve.score},
            {"shape", shapes[static_cast<int>(f.winner->curve.shape)]},
            {"best_epoch", f.winner->curve.best_epoch},
            {"drop", f.winner->curve.drop},
            {"drop_interval", interval(f.winner->curve.drop_interval)},
            {"recent_epochs", f.winner->curve.recent_epochs},
            {"recent_gain", f.winner->curve.recent_gain},
            {"loss_since_best", f.winner->curve.loss_since_best},
            {"recent_loss", f.winner->curve.recent_loss},
            {"recent_gain_interval", interval(f.winner->curve.recent_gain_interval)}};
}

json trials(const Findings& f) {
    constexpr const char* states[] = {"running", "complete", "pruned", "failed", "waiting"};
    std::vector<json> compared_scores(f.study->trials.size());
    for (std::size_t i = 0; i < f.comparable.positions.size(); ++i)
        compared_scores[f.comparable.positions[i]] = f.comparable.scores[i];
    json list = json::array();
    for (std::size_t i = 0; i < f.study->trials.size(); ++i) {
        const search::Trial& trial = f.study->trials[i];
        json scores = json::array(), losses = json::array();
        for (const auto& fold : trial.folds) {
            json of_fold = json::array(), loss_of_fold = json::array();
            for (const EpochResult& epoch : fold) {
                of_fold.push_back(epoch.validation.qwk);
                loss_of_fold.push_back(epoch.train_loss);
            }
            scores.push_back(of_fold);
            losses.push_back(loss_of_fold);
        }
        const std::string failure = failure_of(*f.study, trial);
        list.push_back({{"trial", trial.number + 1},
                        {"state", states[static_cast<int>(outcome(trial))]},
                        {"failure", failure.empty() ? json(nullptr) : json(failure)},
                        {"successful", trial.full()},
                        {"score", trial.score()},
                        {"compared_score", compared_scores[i]},
                        {"cv_std", trial.cv_std()},
                        {"seconds", trial.seconds()},
                        {"skipped_steps", trial.skipped_steps()},
                        {"parameters", point_json(f.study->space, trial.point)},
                        {"epochs", trial.epochs_trained()},
                        {"folds", trial.folds_trained()},
                        {"fold_scores_by_epoch", scores},
                        {"fold_losses_by_epoch", f.study->foreign ? json(nullptr) : losses}});
    }
    return list;
}

json verdict_json(const Findings& f) {
    constexpr const char* outcomes[] = {"ahead", "undecided", "behind"};
    const Comparison* c = f.with_classical();
    const auto outcome = [&](Difference Comparison::*metric) {
        return c != nullptr ? json(outcomes[static_cast<int>((c->*metric).outcome)])
                            : json(nullptr);
    };
    return {{"text", verdict(f)},
            {"outcome", outcome(&Comparison::qwk)},
            {"cross_entropy_outcome", outcome(&Comparison::cross_entropy)}};
}

json improvement(const Findings& f) {
    if (!f.improvement_left) return nullptr;
    return {{"next_trial", f.improvement_left->next_trial},
            {"noise", f.improvement_left->noise},
            {"trials", f.improvement_left->trials}};
}

json item_parameters(const search::ItemParameters& parameters) {
    return {{"alpha", parameters.alpha}, {"beta", parameters.beta}};
}

json items(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::ItemPortrait& item : study.portrait->items) {
        list.push_back({{"question", item.question},
                        {"responses", item.responses},
                        {"winner", item_parameters(item.winner)},
                        {"classical", item_parameters(item.classical)}});
        if (item.truth) list.back()["truth"] = item_parameters(*item.truth);
    }
    return list;
}

json learners(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::LearnerPortrait& learner : study.portrait->learners) {
        list.push_back({{"learner", learner.learner},
                        {"held_out", study.portrait->held_out},
                        {"questions", learner.questions},
                        {"responses", learner.responses},
                        {"theta", learner.theta},
                        {"classical_theta", learner.classical_theta}});
        if (learner.ability) list.back()["ability"] = *learner.ability;
    }
    return list;
}

json recovery(const search::Study& study) {
    json list = json::array();
    if (!study.portrait) return list;
    for (const search::Recovery& one : study.portrait->recovery)
        list.push_back({{"model", one.model},
                        {"discrimination", one.discrimination},
                        {"threshold", one.threshold},
                        {"ability", one.ability}});
    return list;
}

std::string title_of(const search::Study& study) {
    if (study.foreign) return study.dataset;
    return fmt::format("{} on {}", to_string(study.base.model), study.dataset);
}

}  // namespace

json analyse(const search::Study& study) {
    return analyse(findings_of(study));
}

json analyse(const Findings& f) {
    const search::Study& study = *f.study;
    return {
        {"schema_version", schema_version},
        {"program", "manygpcm " MANYGPCM_VERSION},
        {"foreign", study.foreign},
        {"title", title_of(study)},
        {"model", study.foreign ? json(nullptr) : json(to_string(study.base.model))},
        {"dataset",
         {{"name", study.dataset},
          {"questions", study.n_questions},
          {"categories", study.n_categories},
          {"learners", study.n_learners},
          {"test_learners", study.n_test_learners}}},
        {"objective", study.objective},
        {"direction", study.minimize ? "minimize" : "maximize"},
        {"left_out", study.left_out},
        {"settings", settings(study)},
        {"space", space_json(study.space)},
        {"warnings", warnings(f)},
        {"verdict", verdict_json(f)},
        {"summary", summary(f)},
        {"best", best(f)},
        {"comparable", comparable(f)},
        {"score_titles", score_titles(f)},
        {"parameter_importance", importance(f)},
        {"pair_importance", pair_importance(f)},
        {"all_pairs_importance", f.importances.all_pairs},
        {"higher_order_importance", f.importances.higher_order},
        {"parameter_correlations", correlations(f.correlations)},
        {"loss_correlations", correlations(f.loss_correlations)},
        {"expected_improvement", improvement(f)},
        {"slices", slices(f)},
        {"contours", contours(f)},
        {"chance_correlation", f.chance_correlation},
        {"expected_beyond_chance", f.expected_beyond_chance},
        {"trials_for_importance", f.trials_for_importance},
        {"convergence", convergence_json(f)},
        {"optimization_efficiency", efficiency_json(f)},
        {"held_out", predictor_or_null(study.winner)},
        {"baselines",
         {{"held_out", predictors(study.baselines)},
          {"cross_validation", predictors(study.baselines_cv)}}},
        {"ceiling",
         {{"held_out", predictor_or_null(study.ceiling)},
          {"cross_validation", predictor_or_null(study.ceiling_cv)}}},
        {"recovery", recovery(study)},
        {"items", items(study)},
        {"learners", learners(study)},
        {"edges", edges_json(f)},
        {"fidelity", fidelity(f)},
        {"learning_curve", curve(f)},
        {"caveats", caveats(f)},
        {"recommendations", recommendations(f)},
        {"next_steps", next_steps(f)},
        {"trials", trials(f)},
    };
}

}  // namespace manygpcm::report
