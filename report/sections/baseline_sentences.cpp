// What the winner is worth, beside the baselines and the truth.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sections/sentences.h"

namespace manygpcm::report {
namespace {

using Sentences = std::vector<std::string>;
using Outcome = Difference::Outcome;

/// "QWK (argmax): winner 0.6300, classical GPCM 0.5500, difference 0.0800 (95% 0.0500 to 0.1100)".
std::string figures(const char* metric, const Difference& d, const std::string& baseline) {
    return fmt::format("{}: winner {}, {} {}, difference {} (95% {} to {})", metric,
                       fixed(d.winner, 4), baseline, fixed(d.baseline, 4),
                       fixed(d.winner - d.baseline, 4), fixed(d.interval.low, 4),
                       fixed(d.interval.high, 4));
}

const char* where(const Findings& findings) {
    return findings.decided_on_held_out() ? "on the learners held out" : "in cross-validation";
}

const char* without(const std::string& baseline) {
    return baseline == search::classical_name ? "without a network" : "without knowing the learner";
}

/// What the verdict claims of the winner, by what QWK and cross-entropy say.
const char* claim(Outcome qwk, Outcome cross_entropy) {
    // [qwk][cross_entropy], each: winner ahead, undecided, baseline ahead
    static constexpr const char* claims[3][3] = {
        {"The winner beats the classical GPCM", "The winner beats the classical GPCM",
         "The winner beats the classical GPCM by QWK, but its probabilities fit the responses "
         "worse"},
        {"The winner can't be told from the classical GPCM by QWK, but its probabilities fit the "
         "responses better",
         "The winner can't be told from the classical GPCM",
         "The winner can't be told from the classical GPCM by QWK, and its probabilities fit the "
         "responses worse"},
        {"The classical GPCM beats the winner by QWK, but the winner's probabilities fit the "
         "responses better",
         "The classical GPCM beats the winner", "The classical GPCM beats the winner"}};
    return claims[static_cast<int>(qwk)][static_cast<int>(cross_entropy)];
}

/// Why the winner wasn't compared.
const char* why_not_compared(const Findings& findings) {
    if (findings.study->baselines_cv.empty())
        return "the baselines are fitted once the search has ended";
    if (!findings.study->compared())
        return "an earlier version scored it; the sweep's command, given again, compares them";
    return "none was fitted to these learners";
}

/// "By QWK the winner is ahead of majority and item frequencies; can't be told from ..".
std::string standing(const std::vector<Comparison>& comparisons, Difference Comparison::*metric) {
    std::vector<std::string> parts;
    for (const auto& [outcome, relation] : {std::pair{Outcome::winner_ahead, "is ahead of"},
                                            {Outcome::undecided, "can't be told from"},
                                            {Outcome::baseline_ahead, "is behind"}}) {
        std::vector<std::string> names;
        for (const Comparison& c : comparisons)
            if ((c.*metric).outcome == outcome) names.push_back(c.baseline);
        if (!names.empty()) parts.push_back(fmt::format("{} {}", relation, enumeration(names)));
    }
    return enumeration(parts);
}

void add_standing(const std::vector<Comparison>& comparisons, const char* place, Sentences& out) {
    if (comparisons.empty()) return;
    out.push_back(fmt::format("{}, the winner by QWK (argmax) {}; by cross-entropy it {}.", place,
                              standing(comparisons, &Comparison::qwk),
                              standing(comparisons, &Comparison::cross_entropy)));
}

void add_ceiling(const Findings& findings, Sentences& out) {
    const std::optional<Comparison> c = findings.with_ceiling();
    if (!c) return;
    constexpr const char* meanings[] = {
        "Less than the truth's is luck, or chance in these learners.",
        "They can't be told apart, and no model that looks at the past alone has less but by luck.",
        "No model that looks at the past alone has less than the truth's but by luck."};
    out.push_back(
        fmt::format("The true questions, with abilities inferred from the past, are the "
                    "floor of cross-entropy {}. {}. {}",
                    where(findings), figures("Cross-entropy", c->cross_entropy, c->baseline),
                    meanings[static_cast<int>(c->cross_entropy.outcome)]));
}

}  // namespace

std::string enumeration(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    return text;
}

std::string verdict(const Findings& findings) {
    if (!findings.winner) return "There is no winner to compare with the classical GPCM.";
    const Comparison* c = findings.with_classical();
    if (c == nullptr)
        return fmt::format("Whether the winner beats the classical GPCM is unknown: {}.",
                           why_not_compared(findings));
    return fmt::format("**{}** {}. {}. {}.{}{}", claim(c->qwk.outcome, c->cross_entropy.outcome),
                       where(findings), figures("QWK (argmax)", c->qwk, "classical"),
                       figures("Cross-entropy", c->cross_entropy, "classical"),
                       findings.decided_on_held_out()
                           ? ""
                           : " The search chose the winner by these scores, which favours it.",
                       findings.bidirectional()
                           ? " The winner's figures are inflated: it saw later responses."
                           : "");
}

Sentences comparison_with_baselines(const Findings& findings) {
    if (!findings.winner) return {};
    Sentences out;
    add_standing(findings.winner->held_out, "On the learners held out", out);
    add_standing(findings.winner->in_cross_validation, "In cross-validation", out);
    if (findings.decided_on_held_out())
        out.push_back(
            "The learners held out decide: the search chose the winner by its score in "
            "cross-validation, where it was trained on part of the learners only.");
    add_ceiling(findings, out);
    return out;
}

Sentences warnings_of_baselines(const Findings& findings) {
    Sentences out;
    for (const Comparison& c : findings.deciding())
        if (c.qwk.outcome != Outcome::winner_ahead)
            out.push_back(
                fmt::format("{} {}. {}.",
                            c.qwk.outcome == Outcome::undecided
                                ? fmt::format("The winner can't be told from {}", c.baseline)
                                : fmt::format("A baseline wins: {}", c.baseline),
                            where(findings), figures("QWK (argmax)", c.qwk, c.baseline)));
    return out;
}

Sentences use_of_winner(const Findings& findings) {
    const std::vector<Comparison>& comparisons = findings.deciding();
    if (comparisons.empty()) return {};
    Sentences out;
    // The baseline with most to say: one that is ahead before one that may be; the higher of
    // equals.
    const Comparison& by_qwk = std::ranges::max(comparisons, {}, [](const Comparison& c) {
        return std::pair(c.qwk.outcome, c.qwk.baseline);
    });
    const Comparison& by_cross_entropy = std::ranges::max(comparisons, {}, [](const Comparison& c) {
        return std::pair(c.cross_entropy.outcome, -c.cross_entropy.baseline);
    });
    const std::string qwk = figures("QWK (argmax)", by_qwk.qwk, by_qwk.baseline);
    if (by_qwk.qwk.outcome == Outcome::baseline_ahead)
        out.push_back(fmt::format("Don't use the winner as it is: {} does better {}. {}.",
                                  by_qwk.baseline, without(by_qwk.baseline), qwk));
    if (by_qwk.qwk.outcome == Outcome::undecided)
        out.push_back(fmt::format(
            "Don't prefer the winner to {} yet, which does it {}: they can't be told apart. {}.",
            by_qwk.baseline, without(by_qwk.baseline), qwk));
    if (by_cross_entropy.cross_entropy.outcome == Outcome::baseline_ahead)
        out.push_back(fmt::format(
            "Don't take the winner's probabilities at their word: those of {} fit the responses "
            "better. {}.",
            by_cross_entropy.baseline,
            figures("Cross-entropy", by_cross_entropy.cross_entropy, by_cross_entropy.baseline)));
    return out;
}

}  // namespace manygpcm::report
