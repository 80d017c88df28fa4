// Published figures stand with the data they are of, and with no other.
#include "figures/known_figures.h"

#include <gtest/gtest.h>

#include "manygpcm/report/report.h"
#include "report/example_study.h"

namespace manygpcm::report {
namespace {

TEST(KnownFigures, AreToldByTheFingerprint) {
    search::Study study = example_study();
    const auto report = [&] { return markdown_report(study, "2025-01-02 03:04:05"); };
    EXPECT_EQ(report().find("Published Figures"), std::string::npos);
    study.dataset_fingerprint = "51e43950045397e4";
    EXPECT_NE(
        report().find("| attn_gpcm_learn, bidirectional attention | QWK (argmax) | 0.6370 | "),
        std::string::npos);
}

TEST(KnownFigures, NameMetricsAndSources) {
    for (const char* fingerprint : {"51e43950045397e4", "d0d5603406687876", "1b5a4e1cbd0ea126"}) {
        EXPECT_FALSE(known_figures(fingerprint).empty()) << fingerprint;
        for (const KnownFigure& one : known_figures(fingerprint)) {
            EXPECT_NE(find_metric(one.metric), nullptr) << one.metric;
            EXPECT_FALSE(one.source.empty() || one.scored.empty() || one.model.empty());
        }
    }
}

}  // namespace
}  // namespace manygpcm::report
