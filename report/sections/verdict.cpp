// Whether the winner is worth using: said once, before all other figures, with the table that it
// follows from.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "figures/number_text.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/engine/shown.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"
#include "sections/wording.h"

namespace manygpcm::report {
namespace {

using nlohmann::json;
using Outcome = Difference::Outcome;
using Rows = std::vector<std::vector<std::string>>;
using Sentences = std::vector<std::string>;

constexpr const char* majority_name = "majority";

// Where the figures come from that decide: "on the 100 learners held out".
std::string place(const Findings& f) {
    const search::Study& study = *f.study;
    return f.decided_on_held_out()
               ? fmt::format("on the {} held out", counted(study.n_test_learners, "learner"))
               : fmt::format("in cross-validation of {}", counted(study.n_learners, "learner"));
}

// What the winner took part in, and what to try where it learned nothing.
std::string training_to_change(const Findings& f) {
    const Hyperparameters& h = f.winner->hyperparameters;
    if (!is_trained(h.model)) return "";
    const search::Study& study = *f.study;
    const int learners = f.decided_on_held_out()
                             ? study.n_learners
                             : study.n_learners - study.n_learners / study.n_folds;
    const int steps = (learners + h.batch_size - 1) / h.batch_size;
    return fmt::format(
        " It was trained in {} an epoch, {} in all (`batch_size` {}, {}, {}): {}.",
        counted(steps, "optimizer step"), steps * study.epochs, h.batch_size,
        counted(learners, "learner"), counted(study.epochs, "epoch"),
        f.winner->curve.overfits()
            ? "its score fell while the training loss did too, so try fewer epochs or more "
              "`weight_decay` and `dropout_rate`"
            : "try smaller batches and more epochs");
}

// That the winner is no better than who always predicts the most frequent category.
std::string no_better_than_majority(const Findings& f) {
    const Scoreboard& board = f.deciding();
    if (!f.winner || !board.winner) return "";
    if (!f.decided_on_held_out() && f.study->n_learners < search::fewest_held_out) return "";
    const Metrics& winner = board.winner->metrics;
    std::vector<std::string> parts;
    if (const auto only = only_category(winner))
        parts.push_back(fmt::format("it predicts category {} for every response", *only));
    const auto majority =
        std::ranges::find(board.baselines, majority_name, &search::ScoredPredictor::name);
    for (const char* name : {"accuracy", "cross_entropy"}) {
        if (majority == board.baselines.end()) break;
        const Metric& metric = *find_metric(name);
        const double own = winner[metric], other = majority->metrics[metric];
        if (metric.better(other, own))
            parts.push_back(fmt::format("its {}, {}, is {} majority's, {}", metric.word,
                                        fixed(own, 4), metric.minimize ? "above" : "below",
                                        fixed(other, 4)));
    }
    if (parts.empty()) return "";
    return fmt::format(
        "The winner is no better than always predicting the most frequent category, {}: {}.{}",
        place(f), enumeration(parts), training_to_change(f));
}

// What a reader must know before any figure; nothing where nothing is amiss.
Sentences warnings(const Findings& f) {
    Sentences out;
    if (f.unfinished_without_winner())
        out.push_back(
            fmt::format("The search isn't finished and has no winner yet: of {} {} are complete, "
                        "{} were stopped "
                        "early, {} failed, {} still run or wait.",
                        counted(f.statistics.total_trials, "trial"), f.statistics.successful_trials,
                        f.pruned, f.failed, f.unfinished));
    else if (!f.winner)
        out.push_back(
            fmt::format("No trial succeeded: none of {} was trained fully and has a finite score, "
                        "so there is no winner.",
                        f.statistics.total_trials));
    if (const std::string useless = no_better_than_majority(f); !useless.empty())
        out.push_back(useless);
    if (f.bidirectional())
        out.push_back(
            "Attention was bidirectional: later responses leak into earlier predictions, so every "
            "score of the model in this report is inflated, and no comparison with a baseline, "
            "which knows nothing of the future, holds. Repeat the sweep with `attention=causal`.");
    return out;
}

std::string names_with(const std::vector<Comparison>& comparisons, Difference Comparison::*metric,
                       Outcome outcome) {
    std::vector<std::string> names;
    for (const Comparison& one : comparisons)
        if ((one.*metric).outcome == outcome) names.push_back(one.baseline);
    return enumeration(names);
}

Outcome worst(const std::vector<Comparison>& comparisons, Difference Comparison::*metric) {
    Outcome found = Outcome::winner_ahead;
    for (const Comparison& one : comparisons)
        found = std::max(found, (one.*metric).outcome);
    return found;
}

// Who beats the winner, or can't be told from it, or that nobody is.
std::string by_metric(const std::vector<Comparison>& comparisons, Difference Comparison::*by,
                      std::string_view metric) {
    const Outcome outcome = worst(comparisons, by);
    const std::string names = names_with(comparisons, by, outcome);
    switch (outcome) {
        case Outcome::winner_ahead:
            return fmt::format("The winner beats every baseline by {}", metric);
        case Outcome::undecided:
            return fmt::format("The winner can't be told from {} by {}", names, metric);
        case Outcome::baseline_ahead:
            break;
    }
    std::string text = fmt::format("By {} the winner is behind {}", metric, names);
    if (const std::string also = names_with(comparisons, by, Outcome::undecided); !also.empty())
        text += fmt::format(" and can't be told from {}", also);
    return text;
}

// What the probabilities themselves say, beside that.
std::string by_cross_entropy(const std::vector<Comparison>& comparisons) {
    const Outcome outcome = worst(comparisons, &Comparison::cross_entropy),
                  lead = worst(comparisons, &Comparison::lead);
    const std::string names = names_with(comparisons, &Comparison::cross_entropy, outcome);
    const char* joint =
        (outcome == Outcome::winner_ahead) == (lead == Outcome::winner_ahead) ? "and" : "but";
    switch (outcome) {
        case Outcome::winner_ahead:
            return fmt::format(
                ", {} its probabilities fit the responses better than every "
                "baseline's (cross-entropy)",
                joint);
        case Outcome::undecided:
            return fmt::format(
                ", {} its probabilities can't be told from those of {} (cross-entropy)", joint,
                names);
        case Outcome::baseline_ahead:
            break;
    }
    return fmt::format(
        ", {} its probabilities fit the responses worse than those of {} (cross-entropy)", joint,
        names);
}

/// Why the winner wasn't compared.
std::string why_not_compared(const Findings& f) {
    const search::Study& study = *f.study;
    if (study.baselines_cv.empty()) return "the baselines are fitted once the search has ended";
    if (!study.compared())
        return "an earlier version scored it; the sweep's command, given again, compares them";
    if (study.n_learners < search::fewest_held_out)
        return fmt::format(
            "{} in cross-validation{} are too few; it takes {}",
            counted(study.n_learners, "learner"),
            study.n_test_learners > 0 ? fmt::format(" and {} held out", study.n_test_learners) : "",
            search::fewest_held_out);
    return fmt::format(
        "{} {} too few for intervals, and {}; it takes {} folds, or {} learners held out",
        counted(study.n_folds, "fold"), study.n_folds == 1 ? "is" : "are",
        study.n_test_learners == 0
            ? "no learner is held out"
            : fmt::format("so are {} held out", counted(study.n_test_learners, "learner")),
        fewest_folds, search::fewest_held_out);
}

// In a few words, where the winner was compared, and what more there is to say of it.
struct Verdict {
    std::string claim, grounds;

    std::string text() const {
        return claim.empty() ? grounds : fmt::format("**{}** {}", claim, grounds);
    }
};

Verdict verdict(const Findings& f) {
    if (!f.winner) return {"", "There is no winner to compare with the baselines."};
    const std::vector<Comparison>& comparisons = f.deciding().comparisons;
    const std::string who = winner_is_classical(*f.study) ? "The winner is the classical GPCM" : "";
    if (comparisons.empty())
        return {who.empty() ? who : who + ".",
                fmt::format("Whether the winner beats the baselines can't be told: {}.",
                            why_not_compared(f))};
    std::string grounds = place(f) + ".";
    if (!f.decided_on_held_out()) {
        if (f.study->n_test_learners > 0 && f.study->winner)
            grounds +=
                fmt::format(" {} held out are too few to decide; it takes {}.",
                            counted(f.study->n_test_learners, "learner"), search::fewest_held_out);
        grounds += " The search chose the winner by these scores, which favours it.";
    }
    const Metric &objective = f.study->metric(), &lead = *f.deciding().lead;
    if (&lead != &objective)
        grounds += fmt::format(" The search's objective, {}, is {}{}.", spelled(objective),
                               fixed(comparisons.front().score.winner, 4),
                               by_metric(comparisons, &Comparison::score, "it") ==
                                       by_metric(comparisons, &Comparison::lead, "it")
                                   ? " and says the same"
                                   : ". " + by_metric(comparisons, &Comparison::score, "it"));
    return {(who.empty() ? who : who + ". ") +
                by_metric(comparisons, &Comparison::lead, spelled(lead)) +
                (cross_entropy_is_apart(f) ? by_cross_entropy(comparisons) : ""),
            grounds};
}

std::string difference_cell(const search::ScoredPredictor& scored, const Metrics& winner,
                            const Metric& metric) {
    const auto found = scored.winner_differences.find(metric.name);
    const double difference = winner[metric] - scored.metrics[metric];
    const std::string text = signed_fixed(difference, 4);
    return found == scored.winner_differences.end()
               ? text
               : fmt::format("{} ({} to {})", text, signed_fixed(found->second.low, 4),
                             signed_fixed(found->second.high, 4));
}

/// @param where they were scored; empty: in no column
void add_rows(const Scoreboard& board, const std::string& where,
              std::span<const Metric* const> shown, Rows& rows) {
    for (const search::ScoredPredictor* scored : board.all()) {
        const bool is_winner = board.winner && scored == &*board.winner;
        auto& row = rows.emplace_back();
        if (!where.empty()) row.push_back(where);
        row.push_back(is_winner ? "winner" : scored->name);
        for (const Metric* metric : shown) {
            row.push_back(fixed(scored->metrics[*metric], 4));
            row.push_back(is_winner || !board.winner
                              ? ""
                              : difference_cell(*scored, board.winner->metrics, *metric));
        }
    }
}

// What the table's figures are, with the words of its abbreviations.
std::string note(const Findings& f, std::span<const Metric* const> shown) {
    const search::Study& study = *f.study;
    std::vector<std::string> intervals;
    if (f.held_out.winner && f.held_out.sure)
        intervals.emplace_back("by bootstrap over the learners held out");
    if (f.cross_validation.sure && !f.decided_on_held_out())
        intervals.emplace_back("by Student's t over the folds in cross-validation");
    std::string text = "Differences: winner minus predictor";
    if (!intervals.empty())
        text += fmt::format(" (95% {}); with 0 within, the two can't be told apart",
                            enumeration(intervals));
    text += ". The lower cross-entropy, the better.";
    for (const Metric* metric : shown)
        if (!metric->spelled.empty() &&
            ((metric != &study.metric() && metric != f.deciding().lead) ||
             f.deciding().comparisons.empty()))
            text += fmt::format(" {}: {}.", metric->word, metric->spelled);
    return text + " GPCM: generalized partial credit model.";
}

std::string table(const Findings& f) {
    const std::vector<const Metric*> shown = metrics_compared(*f.study);
    Rows rows;
    // What decides stands alone.
    const bool both = f.held_out.winner && !f.decided_on_held_out();
    add_rows(f.held_out, both ? "held out" : "", shown, rows);
    if (!f.decided_on_held_out())
        add_rows(f.cross_validation, both ? "cross-validation" : "", shown, rows);
    if (rows.empty() || f.study->baselines_cv.empty()) return "";
    std::vector<std::string> titles;
    if (both) titles.emplace_back("Scored");
    titles.emplace_back("Predictor");
    for (const Metric* metric : shown) {
        titles.emplace_back(metric->title);
        titles.emplace_back("Difference");
    }
    return fmt::format("{}\n\n{}", note(f, shown), markdown_table(titles, rows));
}

const Comparison* with_classical(const Findings& f) {
    for (const Comparison& comparison : f.deciding().comparisons)
        if (comparison.baseline == search::classical_name) return &comparison;
    return nullptr;
}

json verdict_fields(const Findings& f) {
    constexpr const char* outcomes[] = {"ahead", "undecided", "behind"};
    const Comparison* c = with_classical(f);
    const auto outcome = [&](Difference Comparison::*metric) {
        return c != nullptr ? json(outcomes[static_cast<int>((c->*metric).outcome)])
                            : json(nullptr);
    };
    const std::vector<Comparison>& all = f.deciding().comparisons;
    const Verdict v = verdict(f);
    return {
        {"text", v.text()},
        {"claim", v.claim.empty() ? json(nullptr) : json(v.claim)},
        {"grounds", v.grounds},
        {"decided_on_held_out", f.decided_on_held_out()},
        {"metric", f.deciding().lead == nullptr ? json(nullptr) : json(f.deciding().lead->name)},
        {"outcome", outcome(&Comparison::lead)},
        {"cross_entropy_outcome", outcome(&Comparison::cross_entropy)},
        {"worst_outcome", all.empty()
                              ? json(nullptr)
                              : json(outcomes[static_cast<int>(worst(all, &Comparison::lead))])},
        {"note", f.study->foreign ? "" : note(f, metrics_compared(*f.study))}};
}

}  // namespace

std::string verdict_markdown(const Findings& f) {
    std::vector<std::string> paragraphs;
    for (const std::string& warning : warnings(f))
        paragraphs.push_back(fmt::format("**{}**\n", warning));
    if (!f.study->foreign && f.winner) paragraphs.push_back(verdict(f).text() + '\n');
    if (paragraphs.empty()) return "";
    if (const std::string shown = f.winner ? table(f) : ""; !shown.empty())
        paragraphs.push_back(shown);
    return markdown_heading("Verdict") + fmt::format("{}", fmt::join(paragraphs, "\n"));
}

void verdict_json(const Findings& f, json& analysis) {
    analysis["warnings"] = warnings(f);
    analysis["verdict"] = verdict_fields(f);
}

}  // namespace manygpcm::report
