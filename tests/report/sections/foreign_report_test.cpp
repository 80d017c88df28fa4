// Reports of the journals that Optuna's users have: the figures of Optuna 4.6 where it has any, and
// no text that isn't one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <string>

#include "engine/test_directory.h"
#include "figures/number_text.h"
#include "manygpcm/engine/error.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/report/report.h"
#include "manygpcm/search/read_study.h"
#include "pictures/plots.h"
#include "report/figures/drawn_study.h"
#include "sections/markdown_text.h"
#include "sections/sections.h"

namespace manygpcm::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

search::Study read(const char* name) {
    return search::read_study(fmt::format("{}/{}.journal", MANYGPCM_TEST_DATA, name));
}

std::string report_of(const search::Study& study) {
    return markdown_report(study, "2025-01-02 03:04:05");
}

/// fANOVA's as Optuna gives them: fractions of their sum.
std::map<std::string, double> importances_of(const nlohmann::json& analysis) {
    std::map<std::string, double> found;
    double sum = 0;
    for (const nlohmann::json& one : analysis.at("parameter_importance"))
        sum += found[one.at("name")] = one.at("fanova").at("value");
    for (auto& [name, share] : found)
        share /= sum;
    return found;
}

TEST(ForeignReport, NumbersTrialsAlikeEverywhere) {
    for (const auto& [name, best, total] :
         {std::tuple{"journals/dead_trial", 7, 8}, {"journals/running_waiting_retried", 13, 14}}) {
        const search::Study study = read(name);
        const std::string report = report_of(study);
        const nlohmann::json analysis = analyse(study);
        EXPECT_THAT(report, HasSubstr(fmt::format("- **Best Trial**: {}\n", best)));
        EXPECT_EQ(analysis["summary"]["best_trial"], best);
        EXPECT_EQ(analysis["best"]["trial"], best);
        EXPECT_EQ(analysis["summary"]["total_trials"], total);
        // Drawn over its number.
        EXPECT_THAT(overview_plot(analysis),
                    HasSubstr(fmt::format("\n{} {:.10g} \n", best,
                                          analysis["best"]["score"].get<double>())));
    }
    const nlohmann::json retried = analyse(read("journals/running_waiting_retried"));
    EXPECT_EQ(retried["summary"]["successful_trials"], 10);
    EXPECT_EQ(retried["summary"]["unfinished_trials"], 4);
    EXPECT_EQ(analyse(read("journals/dead_trial"))["summary"]["failed_trials"], 1);
    EXPECT_EQ(analyse(read("journals/dead_trial"))["trials"][1]["parameters"]["layers"], nullptr);
}

// Expected: Optuna 4.6's FanovaImportanceEvaluator(seed=0), whose own chance is about 0.05.
TEST(ForeignReport, AgreesWithOptunasImportances) {
    for (const auto& [name, parameter, share, trials] :
         {std::tuple{"early_stopping", "x", 0.92, 24},
          {"uneven_steps", "x", 0.998, 20},
          {"wide_integer", "n", 0.86, 12},
          {"wider_integer", "n", 0.86, 12},
          {"stepped_integer", "n", 0.71, 12}}) {
        const nlohmann::json analysis = analyse(read(fmt::format("journals/{}", name).c_str()));
        EXPECT_NEAR(importances_of(analysis)[parameter], share, 0.08) << name;
        EXPECT_EQ(analysis["comparable"]["trials"], trials) << name;
    }
    const nlohmann::json few = analyse(read("journals/pruned"));
    EXPECT_EQ(few["comparable"]["trials"], 7);
    EXPECT_TRUE(few["parameter_importance"].empty());
}

TEST(ForeignReport, ShowsMinimizedValuesAsTheyAreAtAnyScale) {
    const search::Study small = read("journals/small_losses"),
                        large = read("journals/large_losses");
    EXPECT_THAT(report_of(small), HasSubstr("- **Best Score**: 6.35147e-06\n"));
    EXPECT_THAT(report_of(small), HasSubstr("- **Mean Score**: 1.20886e-05 ± 2.97077e-06\n"));
    EXPECT_THAT(report_of(large), HasSubstr("- **Best Score**: 6351472\n"));
    for (const search::Study& study : {small, large}) {
        const nlohmann::json analysis = analyse(study);
        EXPECT_EQ(analysis["summary"]["best_trial"], 16);
        EXPECT_EQ(analysis["best"]["score"], study.trials[15].score());
        EXPECT_EQ(analysis["summary"]["best_score"], study.trials[15].score());
        EXPECT_EQ(analysis["direction"], "minimize");
        EXPECT_NEAR(importances_of(analysis)["x"], 0.79, 0.08);
        // The forest's surface is of the values as well.
        for (const double score : analysis["slices"][0]["score"])
            EXPECT_GE(score, study.trials[15].score());
        EXPECT_GT(analysis["convergence"]["trial"], 1) << "by the scale of the scores";
        EXPECT_THAT(overview_plot(analysis), HasSubstr("lower is better"));
        EXPECT_THAT(overview_plot(analysis), HasSubstr("'best 6"));
    }
}

TEST(ForeignReport, LeavesOutWhatCantBeComparedAndSaysSo) {
    const search::Study outside = read("hostile/enqueued_out_of_range");
    const nlohmann::json analysis = analyse(outside);
    EXPECT_EQ(analysis["best"]["parameters"]["x"], 100);
    EXPECT_TRUE(analysis["parameter_importance"].empty());
    EXPECT_EQ(analysis["comparable"]["trials"], 0);
    EXPECT_THAT(report_of(outside), HasSubstr("x lies outside of its range"));
    EXPECT_THAT(report_of(read("journals/type_change")), HasSubstr("units is a choice there"));
    EXPECT_EQ(analyse(read("journals/type_change"))["space"][1]["low"], 8);
}

TEST(ForeignReport, WritesNothingThatIsNoNumber) {
    const std::regex no_number(R"((^|[^A-Za-z])-?(nan|inf|infinity)([^A-Za-z]|$))",
                               std::regex::icase);
    int reports = 0;
    for (const char* folder : {"journals", "hostile"})
        for (const auto& file : fs::directory_iterator(fs::path(MANYGPCM_TEST_DATA) / folder)) {
            if (file.path().extension() != ".journal") continue;
            search::Study study;
            try {
                study = search::read_study(file.path());
            } catch (const InputError& error) {
                EXPECT_THAT(error.what(), HasSubstr(file.path().filename().string()));
                continue;
            }
            ++reports;
            const std::string report = report_of(study);
            std::smatch found;
            EXPECT_FALSE(std::regex_search(report, found, no_number))
                << file.path() << ": "
                << found.prefix().str().substr(
                       found.prefix().length() > 80 ? found.prefix().length() - 80 : 0)
                << found.str();
            EXPECT_FALSE(std::regex_search(analyse(study).dump(), no_number)) << file.path();
        }
    EXPECT_GE(reports, 16);
}

TEST(ForeignReport, TakesNamesAsText) {
    const search::Study study = read("hostile/script_in_names");
    const std::string report = report_of(study);
    EXPECT_THAT(report, Not(testing::ContainsRegex("[^\\\\]<img"))) << "but escaped";
    EXPECT_THAT(report, HasSubstr("\\<img src=x onerror=\"document.title='PWNED-param'\"\\>"));
    search::Study names = foreign_example();
    std::vector<search::Parameter> parameters = names.space.parameters();
    const std::string name = "a|b `c`\n# d";
    for (search::Trial& trial : names.trials) {
        trial.point[name] = trial.point.at(parameters[2].name);
        trial.point.erase(parameters[2].name);
    }
    parameters[2].name = name;
    names.space = search::Space(parameters);
    names.dataset = "x\n## y";
    const std::string text = report_of(names);
    EXPECT_THAT(text, Not(HasSubstr("\n# d")));
    EXPECT_THAT(text, Not(HasSubstr("\n## y")));
    EXPECT_THAT(text, HasSubstr("| a\\|b \\`c\\` # d |"));
    EXPECT_EQ(analyse(names)["space"][2]["name"], name) << "data stay data";
}

TEST(ForeignReport, FilesHaveNamesThatFileSystemsTake) {
    const TestDirectory directory;
    search::Study study = foreign_example();
    study.dataset = "../a\nb/";
    for (int i = 0; i < 100; ++i)
        study.dataset += "größer";
    for (const fs::path& file : write_report(study, directory.path())) {
        EXPECT_EQ(file.parent_path(), directory.path());
        EXPECT_TRUE(file.filename().string().starts_with(".._a_b_größer")) << file;
        EXPECT_TRUE(fs::exists(file)) << file;
    }
}

TEST(Numbers, AreTextAtAnyScale) {
    const double nan = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(significant(6.351471746258527e-06), "6.35147e-06");
    EXPECT_EQ(significant(-0.00012345678), "-0.000123457");
    EXPECT_EQ(significant(0.5), "0.5");
    EXPECT_EQ(significant(1), "1");
    EXPECT_EQ(significant(14588892.67), "14588893");
    EXPECT_EQ(significant(999999.96), "1000000");
    EXPECT_EQ(significant(123456789012), "1.23457e+11");
    EXPECT_EQ(significant(1e150), "1e+150");
    EXPECT_EQ(significant(0), "0");
    EXPECT_EQ(fixed(-0.00001, 4), "0.0000");
    EXPECT_EQ(fixed(-0.5, 4), "-0.5000");
    EXPECT_EQ(signed_fixed(0.5, 2), "+0.50");
    EXPECT_EQ(signed_fixed(-0.001, 2), "+0.00");
    EXPECT_EQ(percent(0.125), "12.5%");
    for (const double value : {nan, infinity, -infinity})
        for (const std::string& text : {significant(value), fixed(value, 1), percent(value),
                                        signed_fixed(value, 1), score_text(false, value)})
            EXPECT_EQ(text, "n/a");
}

TEST(MarkdownText, HasNoMarkupOfItsOwn) {
    EXPECT_EQ(markdown_text("memory_size of synthetic_500_200_4, 0.5 (a-b)"),
              "memory_size of synthetic_500_200_4, 0.5 (a-b)");
    EXPECT_EQ(markdown_text("_a_ *b* `c` [d](e) <f> |g| h\\i ~j~ &k; $l$"),
              "\\_a\\_ \\*b\\* \\`c\\` \\[d\\](e) \\<f\\> \\|g\\| h\\\\i \\~j\\~ \\&k; \\$l\\$");
    EXPECT_EQ(markdown_text("http://a www.b"), "http\\://a www\\.b");
    EXPECT_EQ(markdown_text("a\n# b\x1b[0m"), "a # b \\[0m");
    EXPECT_EQ(markdown_code("a"), "`a`");
    EXPECT_EQ(markdown_code("a`b"), "`` a`b ``");
    EXPECT_EQ(markdown_code("`` a\nb"), "``` `` a b ```");
}

}  // namespace
}  // namespace manygpcm::report
