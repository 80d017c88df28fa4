// Phrases that sentences of several sections have in common.
#include "sections/wording.h"

#include <fmt/format.h>

#include <cmath>

#include "figures/number_text.h"

namespace manygpcm::report {

std::string score_word(const search::Study& study) {
    const Metric& metric = study.metric();
    const bool several = metric.title.starts_with("QWK");  // of which the title tells which
    return std::string(several ? metric.title : metric.word);
}

std::string enumeration(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    return text;
}

std::string training_compared(const Findings& findings) {
    const auto counted = [](int n, const char* what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    const ComparableTrials& c = findings.comparable;
    return fmt::format("{} on {}", counted(c.epochs, "epoch"), counted(c.folds, "fold"));
}

std::string how_compared(const Findings& findings) {
    return findings.study->foreign ? "by their final values"
                                   : "after " + training_compared(findings);
}

std::string judged_early(const Findings& findings) {
    return findings.compared_early() ? " " + how_compared(findings) : "";
}

std::string trials_compared(const Findings& f) {
    return fmt::format("{} of {} trials, compared {}", f.n_comparable(), f.statistics.total_trials,
                       how_compared(f));
}

std::string epochs_text(int n) {
    return n == 1 ? "epoch" : fmt::format("{} epochs", n);
}

std::string over_folds(const std::optional<Interval>& interval) {
    return interval ? fmt::format("95% over the folds {} to {}", fixed(interval->low, 4),
                                  fixed(interval->high, 4))
                    : "no interval from one fold";
}

std::string interval_text(const Estimate& estimate) {
    return std::isfinite(estimate.low)
               ? fmt::format("95% {} to {}", fixed(estimate.low, 3), fixed(estimate.high, 3))
               : "no interval";
}

/// "QWK (argmax): winner 0.6300, classical GPCM 0.5500, difference 0.0800 (95% 0.0500 to 0.1100)".
std::string difference_text(std::string_view metric, const Difference& d,
                            const std::string& baseline) {
    return fmt::format("{}: winner {}, {} {}, difference {} (95% {} to {})", metric,
                       fixed(d.winner, 4), baseline, fixed(d.baseline, 4),
                       fixed(d.winner - d.baseline, 4), fixed(d.interval.low, 4),
                       fixed(d.interval.high, 4));
}

std::string score_difference_text(const Findings& findings, const Comparison& c,
                                  const std::string& baseline) {
    return difference_text(findings.study->metric().title, c.score, baseline);
}

bool cross_entropy_is_apart(const Findings& findings) {
    return findings.study->objective != "cross_entropy";
}

const char* deciding_place(const Findings& findings) {
    return findings.decided_on_held_out() ? "on the learners held out" : "in cross-validation";
}

}  // namespace manygpcm::report
