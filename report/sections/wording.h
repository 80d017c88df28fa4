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

/// A 95% interval of a difference: "95% over the folds 0.0100 to 0.0300", or why there is none.
std::string over_folds(const std::optional<Interval>& interval);

/// "95% 0.100 to 0.300", or that there is none.
std::string interval_text(const Estimate& estimate);

/// "QWK (argmax): winner 0.6300, classical GPCM 0.5500, difference 0.0800 (95% 0.0500 to 0.1100)".
std::string difference_text(std::string_view metric, const Difference& d,
                            const std::string& baseline);

/// That, by the study's objective.
std::string score_difference_text(const Findings& findings, const Comparison& c,
                                  const std::string& baseline);

/// Whether cross-entropy says something else than the score, which may be it.
bool cross_entropy_is_apart(const Findings& findings);

/// Where Findings::deciding() looks: "on the learners held out" or "in cross-validation".
const char* deciding_place(const Findings& findings);

}  // namespace manygpcm::report
