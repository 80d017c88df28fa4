// What the figures don't say, or say less surely than they look.
#include <fmt/format.h>

#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;

std::string source_of_scores(const search::Study& study) {
    return fmt::format(
        "Scores are the values that Optuna recorded{}. How they came about isn't in its journal.",
        study.minimize ? ", the lower the better" : "");
}

// Where the learners held out contradict the cross-validation, beyond the intervals of both, luck
// and training set each explain one direction.
void add_gap(const Findings& findings, Sentences& out) {
    const search::Study& study = *findings.study;
    const auto found = study.winner->intervals.find(study.objective);
    const auto own = interval_over_folds(study, findings.winner->fold_scores);
    if (found == study.winner->intervals.end() || !own) return;
    const Interval& held_out = found->second;
    if (own->high >= held_out.low && own->low <= held_out.high) return;
    const double best = findings.statistics.best;
    out.push_back(fmt::format(
        "The best score, {}{}, and the winner's {} on the learners held out, {} to {}, are apart: "
        "{}.",
        fixed(best, 4), over_folds(own), study.metric().word, fixed(held_out.low, 4),
        fixed(held_out.high, 4),
        study.better(best < held_out.low ? held_out.low : held_out.high, best)
            ? std::string(
                  "either these learners are easier, which would show in the baselines, or the "
                  "winner is better trained on all learners, and the trials were ranked by models "
                  "that had learned less")
            : fmt::format("trust the learners held out, as the best of several scores is in part "
                          "{} by chance",
                          study.minimize ? "low" : "high")));
}

// How the best score came to be the best: where others were stopped, by less training.
std::string how_chosen(const Findings& findings) {
    const int n_trials = findings.statistics.total_trials,
              full = findings.statistics.successful_trials;
    if (n_trials < 2) return "";
    if (findings.pruned > 0 && full == 1)
        return fmt::format(
            "Only one of {} trials was trained fully: it was chosen by scores after less training, "
            "and no other final score stands beside it",
            n_trials);
    if (full < 2) return "";
    return fmt::format("The best score is the {} of {}{}, in part by chance{}",
                       findings.study->minimize ? "lowest" : "highest", full,
                       full < n_trials ? fmt::format(" ({} trials)", n_trials) : "",
                       findings.study->foreign
                           ? ""
                           : fmt::format(": expect a somewhat {} one of new learners",
                                         findings.study->minimize ? "higher" : "lower"));
}

// Why the best score may be too good, and why too bad.
void add_sampling_noise(const Findings& findings, Sentences& out) {
    const search::Study& study = *findings.study;
    const std::string chosen = how_chosen(findings);
    if (!chosen.empty()) out.push_back(chosen + ".");
    if (!study.foreign && study.n_folds > 1)
        out.push_back(fmt::format("The best score is of models trained on {} of the {} learners.",
                                  study.n_learners - study.n_learners / study.n_folds,
                                  study.n_learners));
    if (!study.foreign && study.winner) add_gap(findings, out);
}

void add_parameters(const Findings& findings, Sentences& out) {
    const int left_out = findings.statistics.total_trials - findings.n_comparable();
    if (left_out > 0 && findings.study->foreign)
        out.push_back(
            fmt::format("{} of the {} trials are left out of importances and correlations: they "
                        "aren't complete, or a value of theirs can't be compared.",
                        left_out, findings.statistics.total_trials));
    const char* crowd = "the trials crowd there: impurity and correlations are those of the crowd.";
    if (findings.study->foreign)
        out.push_back(fmt::format(
            "Which sampler chose the points isn't recorded. If it chose where it expected good "
            "scores, {}",
            crowd));
    else if (findings.origins_unknown())
        out.push_back(
            fmt::format("How the sampler ({}) chose the points isn't known here. If it "
                        "chose where it expected good scores, {}",
                        findings.study->sampler, crowd));
    else if (const int chosen = findings.points_chosen(); chosen > 0)
        out.push_back(fmt::format(
            "{} of the {} points were chosen where the sampler ({}) expected "
            "{} scores, {} by chance, so {}",
            chosen, findings.statistics.total_trials, findings.study->sampler,
            findings.study->minimize ? "low" : "high", findings.points_by_chance(), crowd));
}

void add_fidelity(const Findings& findings, Sentences& out) {
    const search::Study& study = *findings.study;
    if (study.trials_asked > findings.statistics.total_trials)
        out.push_back(
            fmt::format("The search ended after {} of the {} trials that were asked for, as the "
                        "last ones brought "
                        "no gain (`--patience`).",
                        findings.statistics.total_trials, study.trials_asked));
    if (study.base.lr_patience > 0)
        out.push_back(
            fmt::format("The learning rate was cut after {} without a better validation score: "
                        "folds saw their own validation learners that far, and the refit, "
                        "which has none, was never cut.",
                        counted(study.base.lr_patience, "epoch")));
    const Hyperparameters& best = findings.winner ? findings.winner->hyperparameters : study.base;
    if (uses(best.model, "threshold_link") && best.threshold_link == ThresholdLink::tanh)
        out.push_back(
            "Thresholds pass through tanh: the model can't express an item threshold beyond ±1.");
}

// Where one ability doesn't describe the answers, whatever model has it.
void add_scale(const search::Study& study, Sentences& out) {
    const ScaleTrouble trouble = scale_trouble(study);
    const search::Psychometrics& of = *study.psychometrics;
    if (trouble.dependent)
        out.push_back(fmt::format(
            "One ability doesn't explain how questions go together: residuals of the classical "
            "GPCM correlate beyond ±0.2 in {} of {} pairs (by chance {}), the winner's in {}. "
            "Several traits, or questions that give others' answers away.",
            of.classical_online->beyond, of.classical_online->pairs,
            fixed(of.classical_online->by_chance, 1), of.winner.dependence.beyond));
    if (trouble.negative > 0)
        out.push_back(
            fmt::format("{} of {} questions have a slope surely below 0: several traits, or "
                        "reversed keys (see Questions).",
                        trouble.negative, trouble.items));
    if (trouble.persons)
        out.push_back(fmt::format(
            "Learners fit unevenly: l_z has a standard deviation of {} by the classical GPCM, {} "
            "by the winner (1 is expected). Guessing, learning meanwhile, or several traits.",
            fixed(of.classical.persons.deviation, 2), fixed(of.winner.persons.deviation, 2)));
}

Sentences caveats(const Findings& findings) {
    const search::Study& study = *findings.study;
    Sentences out;
    if (study.foreign) out.push_back(source_of_scores(study));
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
    if (study.portrait && study.psychometrics) add_scale(study, out);
    for (const std::string& what : study.left_out)
        out.push_back(fmt::format("Left out of comparisons: {}.", markdown_text(what)));
    if (!study.foreign) add_fidelity(findings, out);
    return out;
}

}  // namespace

std::string caveats_markdown(const Findings& f) {
    const Sentences all = caveats(f);
    return all.empty() ? "" : markdown_heading("Caveats") + markdown_list(all);
}

void caveats_json(const Findings& f, nlohmann::json& analysis) {
    analysis["caveats"] = caveats(f);
    analysis["left_out"] = f.study->left_out;
}

}  // namespace manygpcm::report
