// What the figures don't say, or say less surely than they look.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;

constexpr int few_folds = 5;  // fewer than is usual

std::string source_of_scores(const search::Study& study) {
    if (study.foreign)
        return fmt::format(
            "Scores are the values that Optuna recorded{}. How they came about isn't in its "
            "journal.",
            study.minimize ? ", the lower the better" : "");
    return fmt::format(
        "Scores are cross-validated: the mean over {} folds of {} learners of the {} "
        "after the last epoch{}. Figures of learners held out stand in their own section and are "
        "never mixed with these.",
        study.n_folds, study.n_learners, score_word(study),
        study.minimize ? ", the lower the better" : "");
}

std::string rivals_text(int n, int others) {
    if (others == 0) return "no other trial was trained fully, to be compared with it";
    if (n == 0)
        return fmt::format("compared fold by fold, it is ahead of all {} others trained fully",
                           others);
    return fmt::format(
        "of {} other{} trained fully, {} can't be told from it when compared fold by fold", others,
        others == 1 ? "" : "s", n);
}

// Where the learners held out contradict the cross-validation, luck and training set each explain
// one direction.
void add_gap(const search::Study& study, double best_score, Sentences& out) {
    const auto found = study.winner->intervals.find(study.objective);
    if (found == study.winner->intervals.end()) return;
    const Interval& held_out = found->second;
    if (best_score >= held_out.low && best_score <= held_out.high) return;
    const double nearest = best_score < held_out.low ? held_out.low : held_out.high;
    out.push_back(fmt::format(
        "The best score, {}, lies outside the 95% interval of the winner's {} on the learners "
        "held out, {} to {}: {}.",
        fixed(best_score, 4), study.metric().word, fixed(held_out.low, 4), fixed(held_out.high, 4),
        study.better(nearest, best_score)
            ? std::string(
                  "either these learners are easier, which would show in the baselines, or the "
                  "winner is better trained on all learners, and the trials were ranked by models "
                  "that had learned less")
            : fmt::format("trust the learners held out, for the best of several scores is {} by "
                          "luck too",
                          study.minimize ? "low" : "high")));
}

void add_sampling_noise(const Findings& findings, Sentences& out) {
    const ScoreStatistics& s = findings.statistics;
    if (s.total_trials > 1)
        out.push_back(fmt::format(
            "The best score is the {} of {} trials'{}, so it is optimistic: part of it is "
            "luck.{}",
            findings.study->minimize ? "smallest" : "largest", s.total_trials,
            s.successful_trials < s.total_trials
                ? fmt::format(" ({} of them {})", s.successful_trials, findings.fully())
                : "",
            findings.study->winner ? " The score on learners held out isn't, unless the search "
                                     "went on after a look at it."
                                   : ""));
    const auto n_folds = static_cast<int>(findings.winner->fold_scores.size());
    if (n_folds > 1)
        out.push_back(fmt::format(
            "Scores are pessimistic as well: each fold's model was trained on about {} of the {} "
            "learners ({} fold{} of {}) and in as many fewer steps an epoch; one trained on all "
            "may score higher.{}",
            findings.study->n_learners - findings.study->n_learners / n_folds,
            findings.study->n_learners, n_folds - 1, n_folds == 2 ? "" : "s", n_folds,
            n_folds < few_folds
                ? fmt::format(" With as few as {} folds that weighs most, and a standard error "
                              "over the folds is itself no more than a guess.",
                              n_folds)
                : ""));
    if (findings.study->winner) {
        add_gap(*findings.study, s.best, out);
        if (findings.study->n_test_learners < search::fewest_held_out)
            out.push_back(fmt::format(
                "{} learner{} held out are too few to be sure of anything on them, so that "
                "cross-validation decides whether a baseline wins; it takes {}.",
                findings.study->n_test_learners, findings.study->n_test_learners == 1 ? "" : "s",
                search::fewest_held_out));
        else
            out.push_back(
                "Intervals on the learners held out are of other such learners: another seed or "
                "other training learners would move the scores as well.");
    }
    if (n_folds > 1)
        out.push_back(fmt::format(
            "The best score has a standard error of {} over its {} folds; {}.",
            fixed(findings.winner->standard_error, 4), findings.winner->fold_scores.size(),
            rivals_text(findings.winner->rivals, s.successful_trials - 1)));
}

void add_foretelling(const Findings& findings, Sentences& out) {
    const std::string what = fmt::format(
        "Importances, correlations and expected improvement are of scores {}, not at the "
        "end: they tell what learns fast.",
        how_compared(findings));
    if (findings.foretelling) {
        const Estimate& r = findings.foretelling->spearman;
        out.push_back(fmt::format(
            "{} Of the {} trials that are {} these scores go with the final ones by Spearman's "
            "r = {} (95% {} to {}){}; being promoted for such scores, which narrows "
            "their range, lowers it.",
            what, findings.foretelling_trials, findings.fully(), fixed(r.value, 2), fixed(r.low, 2),
            fixed(r.high, 2), r.low > 0 ? "" : " and may say nothing of the end"));
    } else {
        out.push_back(
            fmt::format("{} How well these foretell the end can't be told from {} trial{}.", what,
                        findings.foretelling_trials, findings.foretelling_trials == 1 ? "" : "s"));
    }
}

void add_parameters(const Findings& findings, Sentences& out) {
    const int n = findings.n_comparable();
    const std::size_t n_parameters = findings.study->space.parameters().size();
    out.push_back(fmt::format(
        "Importances and correlations come from {} point{} in {} dimensions{}. With {} trials, "
        "chance alone gives an uninvolved parameter a correlation up to ±{} (95%).",
        n, n == 1 ? "" : "s", n_parameters,
        n < findings.trials_for_importance
            ? fmt::format(" and are unreliable: fewer than {} trials, four per parameter",
                          findings.trials_for_importance)
            : "",
        n, fixed(findings.chance_correlation, 2)));
    const int left_out = findings.statistics.total_trials - n;
    if (left_out > 0 && findings.study->foreign)
        out.push_back(
            fmt::format("{} of the {} trials are left out of importances and correlations: they "
                        "aren't complete, or a value of theirs can't be compared.",
                        left_out, findings.statistics.total_trials));
    else if (left_out > 0)
        out.push_back(fmt::format(
            "{} of the {} trials are left out of importances and correlations: they failed, or "
            "were trained for less than {}, and scores after different training can't be compared.",
            left_out, findings.statistics.total_trials, training_compared(findings)));
    if (findings.compared_early()) add_foretelling(findings, out);
    if (findings.study->foreign)
        out.push_back(
            "Which sampler chose the points isn't recorded. If it chose where it expected good "
            "scores, the trials crowd there: impurity and correlations are those of the crowd.");
    else if (!findings.drawn_at_random())
        out.push_back(fmt::format(
            "The sampler ({}) chose where it expected {} scores, so the trials crowd there: "
            "impurity and correlations are those of the crowd. fANOVA and its intervals are of the "
            "whole space, most of which few trials saw.",
            findings.study->sampler, findings.study->minimize ? "low" : "high"));
}

void add_fidelity(const Findings& findings, Sentences& out) {
    const search::Study& study = *findings.study;
    if (study.trials_asked > findings.statistics.total_trials)
        out.push_back(
            fmt::format("The search ended after {} of the {} trials that were asked for, as the "
                        "last ones brought "
                        "no gain (`--patience`).",
                        findings.statistics.total_trials, study.trials_asked));
    if (findings.budgets.size() == 1 && findings.budgets.front().epochs > 0)
        out.push_back(fmt::format(
            "All trials were trained for the same {} epoch{}: a configuration that learns slowly "
            "is judged before it is done.",
            findings.budgets.front().epochs, findings.budgets.front().epochs == 1 ? "" : "s"));
    if (study.base.lr_patience > 0)
        out.push_back(
            fmt::format("The learning rate was cut after {} epochs without a better validation "
                        "score: folds saw their own validation learners that far, and the refit, "
                        "which has none, was never cut.",
                        study.base.lr_patience));
    const Hyperparameters& best = findings.winner ? findings.winner->hyperparameters : study.base;
    if (uses(best.model, "threshold_link") && best.threshold_link == ThresholdLink::tanh)
        out.push_back(
            "Thresholds pass through tanh: the model can't express an item threshold beyond ±1.");
}

void add_failures(const Findings& findings, Sentences& out) {
    const ScoreStatistics& s = findings.statistics;
    if (findings.failed > 0)
        out.push_back(
            fmt::format("{} of {} trials failed; all statistics are of the {} that are {}.",
                        findings.failed, s.total_trials, s.successful_trials, findings.fully()));
    if (findings.pruned > 0)
        out.push_back(
            fmt::format("{} of {} trials were stopped early, as others did better: "
                        "summary and efficiency are of the {} that are {}.",
                        findings.pruned, s.total_trials, s.successful_trials, findings.fully()));
    if (findings.skipped_steps > 0)
        out.push_back(fmt::format(
            "{} training step{} of {} trial{} skipped because loss or gradient wasn't finite.",
            findings.skipped_steps, findings.skipped_steps == 1 ? "" : "s",
            findings.trials_with_skipped_steps,
            findings.trials_with_skipped_steps == 1
                ? (findings.skipped_steps == 1 ? " was" : " were")
                : "s were"));
}

Sentences caveats(const Findings& findings) {
    const search::Study& study = *findings.study;
    Sentences out = {source_of_scores(study)};
    if (findings.bidirectional())
        out.push_back("Scores are inflated: attention was bidirectional and saw later responses.");
    if (study.n_test_learners == 0 && !study.foreign)
        out.push_back(
            study.cv_on == "all"
                ? "Train and test learners were cross-validated together: no learner is left "
                  "that the search hasn't seen."
                : "The dataset has no test learners: nothing confirms the best score.");
    if (findings.winner) {
        add_sampling_noise(findings, out);
        add_parameters(findings, out);
    }
    for (const std::string& what : study.left_out)
        out.push_back(fmt::format("Left out of comparisons: {}.", markdown_text(what)));
    if (!study.foreign) add_fidelity(findings, out);
    add_failures(findings, out);
    return out;
}

}  // namespace

std::string caveats_markdown(const Findings& f) {
    return markdown_heading("Caveats") + markdown_list(caveats(f));
}

void caveats_json(const Findings& f, nlohmann::json& analysis) {
    analysis["caveats"] = caveats(f);
    analysis["left_out"] = f.study->left_out;
}

}  // namespace manygpcm::report
