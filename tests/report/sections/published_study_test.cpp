// Every figure of the published report that follows from its recorded scores, to every printed
// digit.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "figures/score_statistics.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/report/report.h"

namespace manygpcm::report {
namespace {

const nlohmann::json& published() {
    static const nlohmann::json study =
        nlohmann::json::parse(read_file(MANYGPCM_TEST_DATA "/published_study.json"));
    return study;
}

std::string printed(const char* name) {
    return published()["printed"][name];
}

// The published study as far as it is recorded: its scores, one fold and epoch each, the best
// trial's point, and the same point for the others, whose own are lost.
search::Study recorded_study() {
    search::Study study;
    study.base.model = parse_model("attn_gpcm_learn");
    study.space = search::published_space(study.base.model);
    study.sampler = "random";
    study.scheduler = "fixed";
    study.seed = 0;
    study.n_folds = study.epochs = 1;
    for (const double score : published()["scores"]) {
        EpochResult epoch;
        epoch.epoch = 1;
        epoch.validation["qwk"] = score;
        study.trials.push_back({.number = static_cast<int>(study.trials.size()),
                                .point = published()["best_parameters"].get<search::Point>(),
                                .folds = {{epoch}}});
    }
    return study;
}

TEST(PublishedStudy, ScoreStatistics) {
    const auto scores = published()["scores"].get<std::vector<double>>();
    const ScoreStatistics s = score_statistics(scores);
    EXPECT_EQ(s.total_trials, published()["printed"]["total_trials"]);
    EXPECT_EQ(s.successful_trials, published()["printed"]["successful_trials"]);
    EXPECT_EQ(s.best_trial, published()["printed"]["best_trial"]);
    EXPECT_EQ(fmt::format("{:.4f}", s.best), printed("best_score"));
    EXPECT_EQ(fmt::format("{:.4f}", s.mean), printed("mean_score"));
    EXPECT_EQ(fmt::format("{:.4f}", s.standard_deviation), printed("std_score"));
    EXPECT_EQ(fmt::format("{:.4f}", s.range), printed("score_range"));
    EXPECT_EQ(fmt::format("{:.3f}", s.exploration_ratio), printed("exploration_ratio"));
    EXPECT_EQ(fmt::format("{:.4f}", s.improvement_rate), printed("improvement_rate"));
    EXPECT_EQ(fmt::format("{:.4f}", s.percentile_95), printed("percentile_95"));
}

TEST(PublishedStudy, Convergence) {
    const auto scores = published()["scores"].get<std::vector<double>>();
    const Convergence c = convergence(scores);
    EXPECT_EQ(c.trial, published()["printed"]["convergence_trial"]);
    EXPECT_EQ(fmt::format("{:.4f}", c.final_best), printed("best_score"));
    EXPECT_EQ(fmt::format("{:.4f}", c.improvement_rate), printed("convergence_improvement_rate"));
    EXPECT_EQ(fmt::format("{:.1f}%", 100 * c.efficiency), printed("convergence_efficiency"));
}

TEST(PublishedStudy, TheReportPrintsItsLines) {
    const std::string report = markdown_report(recorded_study(), "2025-01-01 00:00:00");
    for (const char* line :
         {"- **Total Trials**: 50\n", "- **Successful Trials**: 50 completed, 0 failed\n",
          "- **Best Score**: 0.6370\n", "- **Mean Score**: 0.5561 ± 0.1372\n",
          "- **Best Trial**: 48\n", "- **Convergence Trial (little gain after it)**: 5\n",
          "- **Improvement Rate (per trial)**: 0.0093\n", "- **Convergence Efficiency**: 10.0%\n",
          "- **Score Range**: 0.5090\n", "- **Exploration Ratio**: 0.267\n",
          "- **Improvement Rate (per improving trial)**: 0.0455\n",
          "- **95th Percentile Score**: 0.6318\n", "- **lr**: 0.005895\n",
          "- **memory_size**: 50\n", "- **dropout_rate**: 0.2\n",
          "cross-entropy (CE) 0.78, Focal 0.07, QWK 0.15, from `ce_weight_logit` 1.679634 and "
          "`focal_weight_logit` -0.697832",
          "Smaller gains went on: the best came in trial 48 of 50."})
        EXPECT_NE(report.find(line), std::string::npos) << line;
}

}  // namespace
}  // namespace manygpcm::report
