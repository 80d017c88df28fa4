// Phrases that sentences of several sections have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "figures/findings.h"

namespace manygpcm::report {

/// What scores are, within a sentence: "QWK (argmax)", "cross-entropy".
std::string score_word(const search::Study& study);

/// A metric where it first stands: "quadratic weighted kappa (QWK)".
std::string spelled(const Metric& metric);

/// The metrics that tables show, each thing once: of two categories the AUC first, as is usual in
/// knowledge tracing.
std::vector<const Metric*> metrics_shown(const search::Study& study);

/// Those that the winner is compared by: of two categories the AUC first, then the objective, then
/// cross-entropy.
std::vector<const Metric*> metrics_compared(const search::Study& study);

/// A line for what an earlier version didn't score.
inline constexpr const char* not_on_record =
    "Not on record, as an earlier version ended this study: the sweep's command, given again with "
    "the same `--out`, adds it.\n";

/// "a, b and c".
std::string enumeration(const std::vector<std::string>& parts);

/// After how much training our trials are compared: "3 epochs on 1 fold".
std::string training_compared(const Findings& findings);

/// By what trials are compared, ours or not: "after 3 epochs on 1 fold", "by their final values".
std::string how_compared(const Findings& findings);

/// What qualifies a conclusion from trials that were compared before the end of their training,
/// with a blank before it; nothing where they weren't.
std::string judged_early(const Findings& findings);

/// "24 of 30 trials, compared after 3 epochs on 1 fold".
std::string trials_compared(const Findings& findings);

/// "epoch", "3 epochs": behind "the last".
std::string epochs_text(int n);

/// " (95% over the folds 0.0100 to 0.0300)", or nothing where the folds don't decide.
std::string over_folds(const std::optional<Interval>& interval);

/// "95% 0.100 to 0.300", or that there is none.
std::string interval_text(const Estimate& estimate);

/// Whether cross-entropy says something else than the score, which may be it.
bool cross_entropy_is_apart(const Findings& findings);

}  // namespace manygpcm::report
