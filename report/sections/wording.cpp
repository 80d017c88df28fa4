// Phrases that sentences of several sections have in common.
#include "sections/wording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "figures/number_text.h"
#include "manygpcm/engine/shown.h"
#include "manygpcm/engine/shown_metrics.h"

namespace manygpcm::report {

std::string score_word(const search::Study& study) {
    const Metric& metric = study.metric();
    const bool several = metric.title.starts_with("QWK");  // of which the title tells which
    return std::string(several ? metric.title : metric.word);
}

std::string spelled(const Metric& metric) {
    return metric.spelled.empty() ? std::string(metric.word)
                                  : fmt::format("{} ({})", metric.spelled, metric.word);
}

std::vector<const Metric*> metrics_shown(const search::Study& study) {
    std::vector<const Metric*> shown = shown_metrics(study.n_categories);
    // An objective that comes to the same as another of two categories stands all the same.
    if (std::ranges::find(shown, &study.metric()) == shown.end()) shown.push_back(&study.metric());
    return shown;
}

std::vector<const Metric*> metrics_compared(const search::Study& study) {
    std::vector<const Metric*> compared;
    for (const Metric* metric : {find_metric("auc"), &study.metric(), find_metric("cross_entropy")})
        if (metric->defined(study.n_categories) && std::ranges::count(compared, metric) == 0)
            compared.push_back(metric);
    return compared;
}

std::string enumeration(const std::vector<std::string>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i)
        text += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    return text;
}

std::string training_compared(const Findings& findings) {
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
    return fmt::format("{} of {}, compared {}", f.n_comparable(),
                       counted(f.statistics.total_trials, "trial"), how_compared(f));
}

std::string epochs_text(int n) {
    return n == 1 ? "epoch" : counted(n, "epoch");
}

std::string over_folds(const std::optional<Interval>& interval) {
    return interval ? fmt::format(" (95% over the folds {} to {})", fixed(interval->low, 4),
                                  fixed(interval->high, 4))
                    : "";
}

std::string interval_text(const Estimate& estimate) {
    return std::isfinite(estimate.low)
               ? fmt::format("95% {} to {}", fixed(estimate.low, 3), fixed(estimate.high, 3))
               : "no interval";
}

bool cross_entropy_is_apart(const Findings& findings) {
    return findings.study->objective != "cross_entropy";
}

}  // namespace manygpcm::report
