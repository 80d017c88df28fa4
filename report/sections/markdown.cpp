// The Markdown report, section by section, from the summary to the next steps.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "figures/edges.h"
#include "figures/failed_trials.h"
#include "figures/findings.h"
#include "manygpcm/report/report.h"
#include "sections/markdown_text.h"
#include "sections/sentences.h"

namespace manygpcm::report {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string heading(const char* title) {
    return fmt::format("\n## {}\n\n", title);
}

std::string subheading(const char* title) {
    return fmt::format("\n### {}\n\n", title);
}

std::string field(std::string_view name, const std::string& value) {
    return fmt::format("- **{}**: {}\n", name, value);
}

std::string list(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& sentence : sentences)
        text += fmt::format("- {}\n", sentence);
    return text;
}

// Of files and of why there are none.
std::string list_of_names(std::vector<std::string> names) {
    for (std::string& name : names)
        name = markdown_text(name);
    return list(names);
}

std::string attention(const search::Study& study) {
    if (!has_attention(study.base.model)) return "";
    return study.base.attention == AttentionKind::causal ? ", causal attention"
                                                         : ", bidirectional attention";
}

std::string origin(const search::Study& study, const std::string& generated) {
    if (study.foreign)
        return fmt::format(
            "**Study**: {}, written by Optuna  \n**Generated**: {}\n\n{} trials; the score is {}, "
            "the {} the better; manygpcm " MANYGPCM_VERSION ".\n",
            markdown_text(study.dataset), generated, study.trials.size(),
            markdown_text(study.objective), study.minimize ? "lower" : "higher");
    return fmt::format(
        "**Model**: {}{}  \n**Dataset**: {}  \n**Generated**: {}\n\n{} learners ({} "
        "cross-validated, {} held out), {} questions, {} categories; {} trials × {} folds × {} "
        "epochs, sampler {}, scheduler {}, seed {}; manygpcm " MANYGPCM_VERSION ".\n",
        to_string(study.base.model), attention(study), markdown_text(study.dataset), generated,
        study.n_learners + study.n_test_learners, study.n_learners, study.n_test_learners,
        study.n_questions, study.n_categories, study.trials.size(), study.n_folds, study.epochs,
        study.sampler, study.scheduler, study.seed);
}

std::string header(const Findings& f, const std::string& generated) {
    std::string text = "# Hyperparameter Optimization Report\n\n" + origin(*f.study, generated);
    for (const std::string& warning : warnings(f))
        text += fmt::format("\n> **{}**\n", warning);
    return text;
}

std::string summary(const Findings& f) {
    const ScoreStatistics& s = f.statistics;
    const double success =
        s.total_trials > 0 ? static_cast<double>(s.successful_trials) / s.total_trials : 0;
    std::string text = heading("Summary");
    if (!f.study->foreign) text += verdict(f) + "\n\n";
    text += field("Total Trials", fmt::format("{}", s.total_trials));
    text +=
        field("Successful Trials", fmt::format("{} ({})", s.successful_trials, percent(success)));
    if (f.pruned > 0) text += field("Stopped early", fmt::format("{}", f.pruned));
    if (f.failed > 0) text += field("Failed", fmt::format("{}", f.failed));
    if (f.unfinished > 0)
        text += field("Still running or waiting", fmt::format("{}", f.unfinished));
    if (f.winner) {
        text += field("Best Score", f.score_text(s.best));
        text += field("Mean Score",
                      fmt::format("{} ± {}", f.score_text(s.mean),
                                  s.successful_trials > 1 ? f.score_text(s.standard_deviation)
                                                          : not_a_number));
    }
    text += field("Total Time",
                  fixed(f.trial_seconds, 1) + " seconds of training" +
                      (f.study->wall_seconds > 0 ? fmt::format(", {} seconds by the clock",
                                                               fixed(f.study->wall_seconds, 1))
                                                 : ""));
    if (!f.winner) return text;
    text += field("Convergence Trial (the best trial)", fmt::format("{}", s.best_trial));
    if (f.study->foreign) return text + "\nA score is the value that Optuna recorded.\n";
    std::vector<std::string> folds;
    for (const double score : f.winner->fold_scores)
        folds.push_back(fixed(score, 4));
    return text +
           fmt::format(
               "\nA score is the mean over {} folds of the QWK (argmax) of the learners left "
               "out, after the last epoch. The best trial's folds: {}.\n",
               folds.size(), fmt::join(folds, ", "));
}

std::string best_parameters(const Findings& f) {
    std::string text = heading("Best Parameters");
    if (!f.winner) return text + fmt::format("None: no trial is {}.\n", f.fully());
    const search::Point& point = f.winner->trial->point;
    for (const search::Parameter& parameter : f.study->space.parameters()) {
        const auto value = point.find(parameter.name);
        text += field(markdown_text(parameter.name),
                      value == point.end()
                          ? not_a_number
                          : markdown_text(search::format_value(parameter, value->second)));
    }
    return text;
}

std::string percent_interval(const Estimate& estimate) {
    return std::isfinite(estimate.low) ? fmt::format("{} to {}", fixed(100 * estimate.low, 1),
                                                     fixed(100 * estimate.high, 1))
                                       : not_a_number;
}

std::string of_how_many(const Findings& f) {
    return fmt::format("{} of {} trials, compared {}", f.n_comparable(), f.statistics.total_trials,
                       how_compared(f));
}

std::string importance(const Findings& f) {
    std::string text = heading("Parameter Importance");
    const Importances& all = f.importances;
    if (all.parameters.empty())
        return text + "Not computed: that takes four comparable trials with different scores.\n";
    Rows rows;
    for (const Importance& one : all.parameters)
        rows.push_back({markdown_text(one.name), percent(one.fanova.value),
                        percent_interval(one.fanova), percent(one.ped_anova.value),
                        percent_interval(one.ped_anova), percent(one.impurity.value),
                        percent_interval(one.impurity)});
    rows.push_back({"two together", percent(all.all_pairs), "", "", "", "", ""});
    rows.push_back({"three or more", percent(all.higher_order), "", "", "", "", ""});
    text += fmt::format(
        "Over {}. Intervals: 95%, bootstrap over the trials. Each column sums to 100%.\n\n",
        of_how_many(f));
    text +=
        markdown_table({"Parameter", "fANOVA", "95%", "PED-ANOVA", "95%", "Impurity", "95%"}, rows);
    text +=
        "\nfANOVA: share of the variance that a parameter makes by itself over the whole space, of "
        "a random forest (100 trees). PED-ANOVA: how far the best tenth of the trials, at least "
        "two, differs from "
        "all of them in a parameter. Impurity: what splits on a parameter remove in the forest, "
        "as the published report has it; it follows the points that were tried, interactions "
        "included.\n";
    text += "\nThe largest interactions of two (fANOVA, beyond what each makes by itself):\n\n";
    rows.clear();
    for (const PairImportance& pair :
         std::span(all.pairs).first(std::min<std::size_t>(5, all.pairs.size())))
        rows.push_back({markdown_text(pair.first + " × " + pair.second), percent(pair.fanova.value),
                        percent_interval(pair.fanova)});
    return rows.empty() ? text + "None.\n"
                        : text + markdown_table({"Pair", "Importance", "95%"}, rows);
}

std::string plain_interval(const Estimate& estimate) {
    return std::isfinite(estimate.low)
               ? fmt::format("{} to {}", fixed(estimate.low, 3), fixed(estimate.high, 3))
               : not_a_number;
}

std::string correlations(const Findings& f) {
    std::string text = heading("Parameter-Performance Correlations");
    if (f.correlations.empty())
        return text +
               fmt::format("Not defined: that takes {} comparable trials with different scores.\n",
                           fewest_to_correlate);
    Rows rows;
    for (const Correlation& one : f.correlations)
        rows.push_back({markdown_text(one.name), fixed(one.pearson.value, 3),
                        plain_interval(one.pearson), fixed(one.spearman.value, 3),
                        plain_interval(one.spearman)});
    return text + markdown_table({"Parameter", "Pearson", "95%", "Spearman", "95%"}, rows) +
           fmt::format(
               "\nWith the score, over {}. Values are taken as they are, also where the search was "
               "over "
               "their logarithm; to Spearman's ranks that makes no difference. Chance alone keeps "
               "Pearson's r below ±{} for "
               "95% of parameters without influence.\n",
               of_how_many(f), fixed(f.chance_correlation, 2));
}

std::string convergence_analysis(const Findings& f) {
    std::string text = heading("Convergence Analysis");
    if (!f.enough_to_converge())
        return text + fmt::format("Not defined: that takes {} trials, two of them successful.\n",
                                  convergence_window + 1);
    const Convergence& c = f.convergence;
    text += field("Convergence Trial (little gain after it)",
                  fmt::format("{}{}", c.trial, c.settled ? "" : " (not settled)"));
    text += field("Final Best Score", f.score_text(c.final_best));
    text += field("Improvement Rate (per trial)", f.score_text(c.improvement_rate));
    text += field("Convergence Efficiency", percent(c.efficiency));
    text += fmt::format(
        "\nHere the search counts as converged at the first trial after which {} in a row (all, "
        "where "
        "fewer are left) improve the best score by less than {} each; where there is none, it "
        "hasn't "
        "settled, and the last trial but one stands here. The rate is the mean gain of the best "
        "score "
        "per trial.",
        convergence_window,
        f.study->foreign ? f.score_text(c.threshold) + ", a hundredth of the range of scores,"
                         : fmt::format("{}", c.threshold));
    if (f.statistics.successful_trials < f.statistics.total_trials)
        text += fmt::format(" Trials that aren't {} improve nothing.", f.fully());
    if (f.drawn_at_random())
        text +=
            " Points drawn at random learn nothing from each other: when the best one came is "
            "luck.";
    return text + "\n";
}

std::string efficiency(const Findings& f) {
    std::string text = heading("Optimization Efficiency");
    if (f.statistics.successful_trials < 2)
        return text + "Not defined: that takes two successful trials.\n";
    const ScoreStatistics& s = f.statistics;
    text += field("Score Range", f.score_text(s.range));
    text += field("Exploration Ratio", fixed(s.exploration_ratio, 3));
    text += field("Improvement Rate (per improving trial)", f.score_text(s.improvement_rate));
    text += field(f.study->minimize ? "5th Percentile Score" : "95th Percentile Score",
                  f.score_text(s.percentile_95));
    return text +
           "\nThe exploration ratio is the standard deviation over the range; the rate here is the "
           "mean gain of those trials that improved the best score.\n";
}

std::string held_out(const Findings& f) {
    std::string text = heading("Learners held out");
    if (!f.study->winner)
        return text + (f.study->n_test_learners == 0 ? "None: no learner was held out.\n"
                       : !f.winner                   ? "Not scored: there is no winner.\n"
                                   : "Not scored yet: the search hasn't ended.\n");
    const bool sure = !f.study->winner->intervals.empty();
    text += fmt::format(
        "The winner, refitted on all {} learners that the search used, then scored once on {} "
        "learners that it didn't. {}\n\n",
        f.study->n_learners, f.study->n_test_learners,
        sure ? "Intervals: 95%, bootstrap over learners."
             : fmt::format("Intervals would take {} learners.", search::fewest_held_out));
    Rows rows;
    const auto scalars = f.study->winner->metrics.scalars();
    for (std::size_t i = 0; i < scalars.size(); ++i) {
        std::string interval = not_a_number;
        if (sure)
            interval = fmt::format("{} to {}", fixed(f.study->winner->intervals[i].low, 4),
                                   fixed(f.study->winner->intervals[i].high, 4));
        rows.push_back({scalars[i].first, fixed(scalars[i].second, 4), interval});
    }
    text += markdown_table({"Metric", "Value", "95% interval"}, rows);
    text += "\nBy category:\n\n";
    rows.clear();
    for (const CategoryScores& category : f.study->winner->metrics.categories)
        rows.push_back({fmt::format("{}", rows.size()), fmt::format("{}", category.count),
                        fixed(category.precision, 4), fixed(category.recall, 4),
                        fixed(category.f1, 4)});
    return text + markdown_table({"Category", "Responses", "Precision", "Recall", "F1"}, rows);
}

std::string signed_interval(const Interval& interval) {
    return fmt::format("{} to {}", signed_fixed(interval.low, 4), signed_fixed(interval.high, 4));
}

// Whatever was scored on the same responses; the winner's differences are intervals of 95%.
std::string predictors(const Metrics* winner, std::vector<search::ScoredPredictor> others,
                       const std::optional<search::ScoredPredictor>& ceiling) {
    if (ceiling) others.push_back(*ceiling);
    Rows rows;
    const auto add = [&](const std::string& name, const Metrics& m, const std::string& qwk,
                         const std::string& cross_entropy) {
        rows.push_back({name, fixed(m.qwk, 4), qwk, fixed(m.qwk_median, 4), fixed(m.accuracy, 4),
                        fixed(m.cross_entropy, 4), cross_entropy});
    };
    std::vector<Comparison> comparisons;
    if (winner != nullptr) {
        comparisons = compare(*winner, others);
        add("winner", *winner, "", "");
    }
    for (const search::ScoredPredictor& other : others) {
        const auto c = std::ranges::find(comparisons, other.name, &Comparison::baseline);
        if (c == comparisons.end())
            add(other.name, other.metrics, "", "");
        else
            add(other.name, other.metrics, signed_interval(c->qwk.interval),
                signed_interval(c->cross_entropy.interval));
    }
    return markdown_table({"Predictor", "QWK (argmax)", "Winner's difference", "QWK (median)",
                           "Accuracy", "Cross-entropy", "Winner's difference"},
                          rows);
}

std::string recovery(const Findings& f) {
    if (!f.study->portrait || f.study->portrait->recovery.empty()) return "";
    Rows rows;
    for (const search::Recovery& one : f.study->portrait->recovery)
        rows.push_back({one.model, fixed(one.discrimination, 3), fixed(one.threshold, 3),
                        fixed(one.ability, 3)});
    return fmt::format(
               "\nPearson's r with the true parameters, abilities of the learners {} before their "
               "last response:\n\n",
               f.study->portrait->held_out ? "held out" : "fitted to") +
           markdown_table({"Model", "Discrimination", "Thresholds", "Ability"}, rows);
}

std::string baselines(const Findings& f) {
    const search::Study& study = *f.study;
    std::string text = heading("Baselines");
    if (study.baselines_cv.empty())
        return text + "Not fitted yet: they are once the search has ended.\n";
    text +=
        "The categories' frequencies overall (majority) and question by question (item "
        "frequencies) know no learner. The classical GPCM has one discrimination and K-1 "
        "thresholds a question, fitted by marginal maximum likelihood, and infers a learner's "
        "ability from the responses before.";
    text +=
        study.ceiling_cv
            ? " True questions are what made the data, with abilities inferred likewise: no model "
              "that looks at the past alone has less cross-entropy but by luck. In QWK one "
              "that was trained for it may have more.\n"
            : "\n";
    text +=
        "\nThe winner's difference is what it has more, as a 95% interval; where 0 lies within, "
        "the two can't be told apart.\n";

    text +=
        "\nIn cross-validation, every figure a mean over the same folds (intervals: Student's t "
        "over the folds' differences, corrected for the training learners that folds share; Nadeau "
        "and Bengio 2003):\n\n";
    text += predictors(f.winner ? &f.winner->cross_validated : nullptr, study.baselines_cv,
                       study.ceiling_cv);
    if (!study.baselines.empty()) {
        text += fmt::format("\nOn the learners held out ({}):\n\n",
                            study.n_test_learners < search::fewest_held_out
                                ? "too few for intervals"
                                : "intervals: bootstrap over learners, both predictors on the same "
                                  "resamples");
        text += predictors(study.winner ? &study.winner->metrics : nullptr, study.baselines,
                           study.ceiling);
    }
    const auto comparisons = comparison_with_baselines(f);
    if (!comparisons.empty()) text += fmt::format("\n{}", list(comparisons));
    return text + recovery(f);
}

std::string edges_section(const Findings& f) {
    std::string text = heading("Edges");
    if (!f.winner) return text + fmt::format("None: no trial is {}.\n", f.fully());
    if (f.winner->edges.empty()) return text + "No best parameter sits at a bound of the space.\n";
    text +=
        "Best parameters at a bound of the space; the best may lie beyond. Where a parameter is of "
        "little importance, its edge may be chance. fANOVA here counts a parameter's interactions "
        "with one other as well.\n\n";
    Rows rows;
    for (const Edge& edge : f.winner->edges) {
        const search::Parameter& parameter = f.study->space.find(edge.name);
        const auto next = beyond(parameter, edge.upper);
        rows.push_back({markdown_text(edge.name), search::format_value(parameter, edge.value),
                        fmt::format("{} {}", edge.upper ? "upper" : "lower",
                                    search::format_value(parameter, bound(parameter, edge.upper))),
                        next ? fmt::format("{} to {}", edge.upper ? "upwards" : "downwards",
                                           search::format_value(parameter, *next))
                             : "not possible",
                        f.importances.parameters.empty() ? not_a_number
                                                         : percent(f.total_importance(edge.name))});
    }
    return text + markdown_table(
                      {"Parameter", "Best value", "Bound", "Extend", "fANOVA with pairs"}, rows);
}

std::string fidelity_of_values(const Findings& f) {
    Rows rows;
    for (const Budget& budget : f.budgets)
        rows.push_back({fmt::format("{}", budget.epochs), fmt::format("{}", budget.trials)});
    return heading("Fidelity") + markdown_table({"Values reported", "Trials"}, rows);
}

std::string fidelity(const Findings& f) {
    std::string text = heading("Fidelity");
    Rows rows;
    for (const Budget& budget : f.budgets)
        rows.push_back({fmt::format("{}", budget.epochs), fmt::format("{}", budget.folds),
                        fmt::format("{}", budget.trials)});
    text += markdown_table({"Epochs", "Folds", "Trials"}, rows);
    if (!f.winner) return text;
    text += "\nThe winner by epoch, means over its folds:\n\n";
    rows.clear();
    for (std::size_t i = 0; i < f.winner->curve.score.size(); ++i)
        rows.push_back({fmt::format("{}", i + 1), fixed(f.winner->curve.train_loss[i], 4),
                        fixed(f.winner->curve.score[i], 4)});
    text += markdown_table({"Epoch", "Training loss", "Validation QWK"}, rows);
    return text + fmt::format("\n{}\n", describe(f.winner->curve));
}

/// Nothing where none failed.
std::string failures(const Findings& f) {
    constexpr std::size_t most_numbers = 20;  // in a cell
    Rows rows;
    for (const FailedTrials& group : failed_trials(*f.study)) {
        const std::span all(group.trials);
        std::string numbers =
            fmt::format("{}", fmt::join(all.first(std::min(all.size(), most_numbers)), ", "));
        if (all.size() > most_numbers)
            numbers += fmt::format(" and {} more", all.size() - most_numbers);
        rows.push_back({markdown_text(group.reason), numbers});
    }
    if (rows.empty()) return "";
    return heading("Failed Trials") + markdown_table({"Why", "Trials"}, rows);
}

std::string loss(const Findings& f) {
    return fmt::format(
               "- Weights of the loss in the best trial: CE {}, Focal {}, QWK {}, from "
               "`ce_weight_logit` {} and `focal_weight_logit` {}{}.\n",
               fixed(f.winner->loss.ce, 2), fixed(f.winner->loss.focal, 2),
               fixed(f.winner->loss.qwk, 2), fixed(f.winner->hyperparameters.ce_weight_logit, 6),
               fixed(f.winner->hyperparameters.focal_weight_logit, 6),
               f.winner->trial->point.contains("ce_weight_logit") ? ""
                                                                  : ", which weren't searched") +
           list(loss_insights(f));
}

std::string automated_analysis(const Findings& f) {
    std::string text = heading("Automated Analysis & Recommendations");
    text.pop_back();  // each subheading brings its own blank line
    if (f.winner) {
        text += subheading("Performance Summary") + list(performance_summary(f));
        text += subheading("Parameter Patterns") + list(parameter_patterns(f));
        if (!f.study->foreign) text += subheading("Loss Function Insights") + loss(f);
    }
    text += subheading("Actionable Recommendations") + list(recommendations(f));
    return f.study->foreign ? text : text + subheading("Next Steps") + list(next_steps(f));
}

// What only a study of ours can tell.
std::string models(const Findings& f) {
    return f.study->foreign ? "" : held_out(f) + baselines(f);
}

}  // namespace

std::string markdown_report(const search::Study& study, const std::string& generated,
                            const std::vector<std::string>& visualizations) {
    return markdown_report(findings_of(study), generated, visualizations);
}

std::string markdown_report(const Findings& f, const std::string& generated,
                            const std::vector<std::string>& visualizations) {
    return header(f, generated) + summary(f) + best_parameters(f) + importance(f) +
           correlations(f) + convergence_analysis(f) + efficiency(f) + models(f) +
           edges_section(f) + (f.study->foreign ? fidelity_of_values(f) : fidelity(f)) +
           failures(f) + heading("Caveats") + list(caveats(f)) + automated_analysis(f) +
           heading("Visualizations") +
           (visualizations.empty() ? "None.\n" : list_of_names(visualizations)) +
           "\n---\n\nGenerated by manygpcm " MANYGPCM_VERSION "\n";
}

}  // namespace manygpcm::report
