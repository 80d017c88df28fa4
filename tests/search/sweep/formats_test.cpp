// Files of every format that there was stay readable: studies are reported on, and gone on with to
// the same result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/detail/process_identity.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/folds.h"
#include "manygpcm/search/read_study.h"
#include "manygpcm/search/sweep.h"
#include "sweep/checkpoint_directory.h"

namespace manygpcm::search {
namespace {

namespace fs = std::filesystem;

const fs::path formats = MANYGPCM_TEST_DATA "/formats";

/// The command of data/formats/README.md.
SweepConfig command(const fs::path& study) {
    SweepConfig config;
    config.base.key_dim = config.base.value_dim = config.base.final_fc_dim = 4;
    config.base.batch_size = 8;
    config.space = read_space(formats / "1/space.toml", config.base);
    config.trials = 6;
    config.n_folds = 2;
    config.epochs = 8;
    config.patience = 0;
    config.seed = 5;
    config.jobs = 1;
    config.study = study / "study.journal";
    config.weights = study / "best.safetensors";
    return config;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
        text.replace(at, from.size(), to);
}

/// A study's directory, copied to be written to. Whoever trained it has died on this machine.
fs::path copied(const fs::path& study, const TestDirectory& directory) {
    fs::path copy = directory.path() / study.filename();
    fs::copy(study, copy, fs::copy_options::recursive);
    std::string journal = read_file(copy / "study.journal");
    const std::string key = R"("manygpcm:worker":")";
    const std::size_t begin = journal.find(key) + key.size();
    const std::string worker = journal.substr(begin, journal.find('"', begin) - begin);
    replace_all(journal, worker, process_identity() + "0");
    write_file(copy / "study.journal", journal);
    return copy;
}

// Other machines round otherwise.
constexpr double rounding = 1e-4;

void expect_about(const Metrics& got, const Metrics& want) {
    EXPECT_EQ(got.n, want.n);
    EXPECT_NEAR(got["cross_entropy"], want["cross_entropy"], rounding);
    EXPECT_NEAR(got["qwk"], want["qwk"], rounding);
}

TEST(Format1, StudyIsRead) {
    const Study study = read_study(formats / "1/finished/study.journal");
    EXPECT_EQ(study.objective, "qwk");
    EXPECT_FALSE(study.minimize);
    ASSERT_EQ(study.trials.size(), 6u);
    ASSERT_NE(study.best(), nullptr);
    EXPECT_EQ(study.best()->number, 3);
    EXPECT_NEAR(study.best()->score(), 0.2300, 1e-4);
    ASSERT_TRUE(study.winner);
    EXPECT_NEAR(study.winner->metrics["qwk"], -0.1073, 1e-4);
    ASSERT_EQ(study.baselines_cv.size(), 3u);
    const Intervals& differences = study.baselines_cv[0].winner_differences;
    EXPECT_EQ(differences.size(), 13u) << "as many metrics as there were";
    EXPECT_LT(differences.at("qwk").low, differences.at("qwk").high);
    EXPECT_FALSE(differences.contains("auc"));
    EXPECT_TRUE(std::isnan(study.winner->metrics["auc"])) << "a metric that it lacks is missing";
}

TEST(Format1, StudyGoesOnToTheSameResult) {
    const TestDirectory directory;
    const SweepConfig config = command(copied(formats / "1/interrupted", directory));
    const Dataset dataset = read_dataset(formats / "1/data");
    {
        const Study before = read_study(config.study);
        ASSERT_EQ(before.best(), nullptr);
        const Fold fold = k_fold(before.n_learners, before.n_folds, before.seed)[0];
        const ReplicaSpec spec{
            .hyperparameters = before.space.apply(before.trials[3].point, before.base),
            .train = fold.train,
            .validation = fold.validation,
            .seed = before.seed,
            .trial = 3};
        const auto state =
            CheckpointDirectory(config.study)
                .load(spec, {spec.hyperparameters, before.n_questions, before.n_categories},
                      before.epochs);
        ASSERT_TRUE(state) << "training goes on from the checkpoint";
        EXPECT_GT(state->epoch, 0);
    }
    const Study study = run_sweep(dataset, config).study;
    const Study whole = read_study(formats / "1/finished/study.journal");
    ASSERT_EQ(study.trials.size(), whole.trials.size());
    for (std::size_t i = 0; i < whole.trials.size(); ++i) {
        EXPECT_EQ(study.trials[i].point, whole.trials[i].point) << i;
        EXPECT_EQ(study.trials[i].state, whole.trials[i].state) << i;
        for (std::size_t fold = 0; fold < 2; ++fold) {
            ASSERT_EQ(study.trials[i].folds[fold].size(), whole.trials[i].folds[fold].size());
            for (std::size_t epoch = 0; epoch < whole.trials[i].folds[fold].size(); ++epoch)
                expect_about(study.trials[i].folds[fold][epoch].validation,
                             whole.trials[i].folds[fold][epoch].validation);
        }
    }
    ASSERT_TRUE(study.winner);
    expect_about(study.winner->metrics, whole.winner->metrics);
    const Model expected = load_model(formats / "1/finished/best.safetensors");
    const Model got = load_model(config.weights);
    ASSERT_EQ(got.parameters.size(), expected.parameters.size());
    for (std::size_t i = 0; i < expected.parameters.size(); ++i)
        EXPECT_NEAR(got.parameters[i], expected.parameters[i], rounding) << i;
}

TEST(Format1, StudyIsOfQwk) {
    const TestDirectory directory;
    SweepConfig config = command(copied(formats / "1/finished", directory));
    config.objective = "accuracy";
    expect_input_error([&] { run_sweep(read_dataset(formats / "1/data"), config); },
                       {"was begun with objective qwk, not accuracy; expected --objective qwk"});
}

TEST(Format1, HyperparameterThatAStudyLacksIsFilledIn) {
    const TestDirectory directory;
    SweepConfig config = command(copied(formats / "1/finished", directory));
    std::string journal = read_file(config.study);
    ASSERT_NE(journal.find(R"("optimizer":"adam",)"), journal.npos);
    replace_all(journal, R"("optimizer":"adam",)", "");
    write_file(config.study, journal);
    const Dataset dataset = read_dataset(formats / "1/data");
    EXPECT_EQ(run_sweep(dataset, config).study.best()->number, 3) << "nothing is left to train";
    config.base.optimizer = Optimizer::adamw;
    expect_input_error([&] { run_sweep(dataset, config); },
                       {"was begun with optimizer=adam, not adamw; expected --set optimizer=adam"});
}

TEST(NewerFormat, IsReadAsFarAsItIsKnownAndNotWrittenTo) {
    const TestDirectory directory;
    const SweepConfig config = command(copied(formats / "1/finished", directory));
    std::string journal = read_file(config.study);
    const auto attribute = [&](const char* name, const char* value) {
        journal += std::string(R"({"op_code":2,"worker_id":"w","study_id":0,"user_attr":{")") +
                   name + "\":" + value + "}}\n";
    };
    attribute("format", "99");
    attribute("objective", "\"qwk\"");
    attribute("weather", "\"fair\"");
    replace_all(journal, R"(,"kappa":)", R"(,"a_newer_metric":0.5,"kappa":)");
    write_file(config.study, journal);
    std::vector<std::string> notices;
    const Study study =
        read_study(config.study, {}, [&](const std::string& line) { notices.push_back(line); });
    EXPECT_EQ(study.best()->number, 3);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_THAT(notices[0], testing::HasSubstr("is of format 99, which a newer program writes"));
    expect_input_error([&] { run_sweep(read_dataset(formats / "1/data"), config); },
                       {"is of format 99, which a newer program writes; expected that program"});
    EXPECT_EQ(read_file(config.study), journal);
}

TEST(Format, MustBeANumber) {
    const TestDirectory directory;
    const SweepConfig config = command(copied(formats / "1/finished", directory));
    write_file(config.study, read_file(config.study) +
                                 R"({"op_code":2,"worker_id":"w","study_id":0,)" +
                                 R"("user_attr":{"format":"newest"}})" + "\n");
    expect_input_error([&] { read_study(config.study); }, {"study.journal:226", "'format'"});
    expect_input_error([&] { run_sweep(read_dataset(formats / "1/data"), config); },
                       {"study.journal:226", "'format'"});
}

}  // namespace
}  // namespace manygpcm::search
