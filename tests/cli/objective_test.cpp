// A sweep by another metric than the default: its winner, its record, its report, Optuna's view of
// it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "manygpcm/search/read_study.h"
#include "program.h"

namespace manygpcm::cli_test {
namespace {

class Objective : public ProgramTest {
  protected:
    Objective() {
        write(path("space.toml"),
              "[parameters.lr]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n"
              "[parameters.memory_size]\nchoices = [2, 4, 8]\n");
        data_ = simulated_data();
    }

    Arguments sweep(const std::string& trials) const {
        return with(small_sweep(data_, trials, "4", "out"),
                    {"--objective", "cross_entropy", "--scheduler", "fixed", "--patience", "0"});
    }
    search::Study study() const { return search::read_study(path("out/study.journal")); }

    std::string data_;
};

void expect_least_cross_entropy(const search::Study& study, std::size_t trials) {
    ASSERT_EQ(study.trials.size(), trials);
    ASSERT_NE(study.best(), nullptr);
    for (const search::Trial& trial : study.trials) {
        EXPECT_EQ(trial.score(), search::mean_over_folds(trial.last_epochs())["cross_entropy"]);
        EXPECT_GE(trial.score(), study.best()->score()) << trial.number;
    }
}

TEST_F(Objective, IsTakenDownToTheLeast) {
    const Outcome first = run(sweep("6"));
    ASSERT_EQ(first.code, 0) << first.err;
    expect_least_cross_entropy(study(), 6);
    EXPECT_NE(first.out.find("cross-validated cross_entropy "), std::string::npos) << first.out;

    const Outcome more = run(sweep("9"));
    ASSERT_EQ(more.code, 0) << more.err;
    expect_least_cross_entropy(study(), 9);
    expect_refused(
        run(with(small_sweep(data_, "9", "4", "out"), {"--scheduler", "fixed", "--patience", "0"})),
        "was begun with objective cross_entropy, not qwk; expected --objective cross_entropy");

    const auto analysis =
        nlohmann::json::parse(content_of(path("out/deep_gpcm_data_hyperopt_analysis.json")));
    EXPECT_EQ(analysis["objective"], "cross_entropy");
    EXPECT_EQ(analysis["direction"], "minimize");
    EXPECT_EQ(analysis["best"]["score"], study().best()->score());
    EXPECT_EQ(analysis["score_titles"]["name"], "Score (cross-entropy, lower is better)");

    if (std::system("/usr/bin/python3 -c 'import optuna' 2> /dev/null") != 0)
        GTEST_SKIP() << "no Optuna here to ask";
    write(path("ask.py"),
          "import sys, optuna\n"
          "storage = optuna.storages.JournalStorage(optuna.storages.JournalFileStorage("
          "sys.argv[1]))\n"
          "study = optuna.load_study(storage=storage, study_name=None)\n"
          "print(study.direction.name, study.best_trial.number)\n");
    ASSERT_EQ(std::system(("/usr/bin/python3 '" + path("ask.py") + "' '" +
                           path("out/study.journal") + "' > '" + path("answer") + "' 2> /dev/null")
                              .c_str()),
              0);
    EXPECT_EQ(content_of(path("answer")),
              "MINIMIZE " + std::to_string(study().best()->number) + "\n");
}

TEST_F(Objective, MustBeAMetricOfTheData) {
    expect_refused(run(with(small_sweep(data_, "2", "2", "out"), {"--objective", "f7"})),
                   "--objective: expected qwk or qwk_median or");
    expect_refused(run(with(small_sweep(data_, "2", "2", "out"), {"--objective", "auc"})),
                   "objective auc: is defined for two categories only");
    EXPECT_FALSE(std::filesystem::exists(path("out/study.journal")));
}

}  // namespace
}  // namespace manygpcm::cli_test
