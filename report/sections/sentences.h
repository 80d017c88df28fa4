// What the figures mean, in words: every sentence follows from figures that the report shows.
#pragma once

#include <string>
#include <vector>

#include "figures/findings.h"

namespace manygpcm::report {

/// What a reader must know before any figure; empty where nothing is amiss.
std::vector<std::string> warnings(const Findings& findings);

/// Whether the winner beats the classical GPCM, in one sentence.
std::string verdict(const Findings& findings);

/// How the score went with the weights of the loss's parts; empty where they weren't searched.
std::vector<std::string> loss_insights(const Findings& findings);

/// What the figures don't say or say less surely than they look.
std::vector<std::string> caveats(const Findings& findings);

// What to conclude from the figures and what to do next, a list each:
std::vector<std::string> performance_summary(const Findings& findings);
std::vector<std::string> parameter_patterns(const Findings& findings);
std::vector<std::string> recommendations(const Findings& findings);
std::vector<std::string> next_steps(const Findings& findings);

/// Where the winner stands against each baseline, by QWK and by cross-entropy; first on the
/// learners held out, where there are any.
std::vector<std::string> comparison_with_baselines(const Findings& findings);

/// What must be known of baselines before any figure: those that the winner isn't ahead of by QWK.
std::vector<std::string> warnings_of_baselines(const Findings& findings);

/// Whether to use the winner, or its probabilities, rather than a baseline's.
std::vector<std::string> use_of_winner(const Findings& findings);

/// How the winner's score moved over its epochs, in one sentence.
std::string describe(const LearningCurve& curve);

/// After how much training our trials are compared: "3 epochs on 1 fold".
std::string training_compared(const Findings& findings);

/// By what trials are compared, ours or not: "after 3 epochs on 1 fold", "by their final values".
std::string how_compared(const Findings& findings);

/// "a, b and c".
std::string enumeration(const std::vector<std::string>& parts);

}  // namespace manygpcm::report
