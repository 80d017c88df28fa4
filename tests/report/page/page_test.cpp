// The page's data: whatever names hold, it stays data. What the page does is tested in a browser.
#include "manygpcm/report/page.h"

#include <gtest/gtest.h>

#include "manygpcm/report/analysis.h"
#include "report/example_study.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

std::string between(const std::string& text, const std::string& before, const std::string& after) {
    const std::size_t begin = text.find(before) + before.size();
    return text.substr(begin, text.find(after, begin) - begin);
}

class Page : public testing::Test {
  protected:
    void SetUp() override {
        if (!page_built_in()) GTEST_SKIP() << "the page isn't built in: npm was missing";
    }
};

TEST_F(Page, HoldsTheAnalysis) {
    search::Study study = example_study();
    study.dataset = "</script><!-- {{live}} & \"\xff";
    const nlohmann::json analysis = analyse(study);
    const std::string html = page(analysis_json(study));
    const auto held = nlohmann::json::parse(
        between(html, R"(<script type="application/json" id="analysis">)", "</script>"));
    EXPECT_EQ(held["trials"], analysis["trials"]);
    EXPECT_EQ(held["dataset"]["name"], "</script><!-- {{live}} & \"\xEF\xBF\xBD");
}

TEST_F(Page, IsLiveOnlyWhereAsked) {
    const std::string analysis = analysis_json(example_study());
    EXPECT_NE(page(analysis).find(R"(data-live="false")"), std::string::npos);
    EXPECT_NE(page(analysis, true).find(R"(data-live="true")"), std::string::npos);
}

TEST_F(Page, KeepsTheLicencesOfItsLibraries) {
    const std::string html = page(analysis_json(example_study()));
    for (const char* words : {"Apache License", "Copyright 2017-", "BSD 3-Clause", "Mike Bostock"})
        EXPECT_NE(html.find(words), std::string::npos) << words;
}

}  // namespace
}  // namespace manygpcm::report
