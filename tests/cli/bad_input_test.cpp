// Files that are wrong: exit code 2, one line, and nothing left where the output was to go.
#include <filesystem>
#include <string>
#include <vector>

#include "program.h"

namespace manygpcm::cli_test {
namespace {

struct BadData {
    std::string name;
    std::string text;
    std::string words;
};

class BadDataRefused : public ProgramTest, public testing::WithParamInterface<BadData> {};

TEST_P(BadDataRefused, ByTrainAndSweep) {
    write(path("data/train.txt"), GetParam().text);
    const Outcome train = run({"train", "--data", path("data"), "--model", "deep_gpcm", "--epochs",
                               "1", "--out", path("out")});
    expect_refused(train, GetParam().words);
    const Outcome sweep =
        run({"sweep", "--data", path("data/train.txt"), "--model", "attn_gpcm_learn", "--trials",
             "1", "--folds", "2", "--epochs", "1", "--out", path("out")});
    expect_refused(sweep, GetParam().words);
    EXPECT_EQ(names_in(path("out")), std::vector<std::string>{});
}

const std::string good_learner = "3\n0,1,2\n1,0,1\n";

INSTANTIATE_TEST_SUITE_P(Program, BadDataRefused,
                         testing::ValuesIn(std::vector<BadData>{
                             {"Empty", "", "train.txt"},
                             {"CutOff", good_learner + "3\n0,1,2\n", "train.txt"},
                             {"Ragged", good_learner + "3\n0,1,2\n1,0\n", "train.txt:6"},
                             {"CountDisagrees", "4\n0,1,2\n1,0,1\n" + good_learner, "train.txt:2"},
                             {"CountIsText", "three\n0,1,2\n1,0,1\n", "train.txt:1"},
                             {"NegativeCategory", good_learner + "3\n0,1,2\n1,-1,1\n", "-1"},
                             {"MissingCategory", good_learner + "3\n0,1,2\n1,,1\n", "train.txt:6"},
                             {"NegativeQuestion", good_learner + "2\n0,-7\n1,0\n", "-7"},
                             {"TextQuestion", good_learner + "2\n0,algebra\n1,0\n", "algebra"},
                             {"CategoriesFromOne", "3\n0,1,2\n1,2,3\n", "category 0 never occurs"},
                             {"FractionalCategory", good_learner + "2\n0,1\n1,0.5\n", "0.5"},
                         }),
                         [](const auto& instance) { return instance.param.name; });

using BadInput = ProgramTest;

TEST_F(BadInput, DirectoryWithoutTrainFile) {
    write(path("data/test.txt"), good_learner);
    const Outcome outcome = run({"train", "--data", path("data"), "--model", "deep_gpcm",
                                 "--epochs", "1", "--out", path("out")});
    expect_refused(outcome, "train.txt");
    EXPECT_EQ(names_in(path("out")), std::vector<std::string>{});
}

TEST_F(BadInput, MoreAnswersOfALearnerThanAttentionTakes) {
    std::string questions, categories;
    for (int i = 0; i < 20'001; ++i) {
        questions += i % 2 == 0 ? "0," : "1,";
        categories += i % 3 == 0 ? "0," : "1,";
    }
    write(path("learners.txt"), good_learner + "20001\n" + questions + "\n" + categories + "\n");
    for (const char* command : {"train", "sweep"}) {
        expect_refused(run({command, "--data", path("learners.txt"), "--model", "attn_gpcm_learn",
                            "--epochs", "1", "--out", path("out")}),
                       "learner '1' has 20001 answers");
        EXPECT_EQ(names_in(path("out")), std::vector<std::string>{});
    }
}

TEST_F(BadInput, PathsThatLeadNowhere) {
    const std::string circle = path("circle"), too_long(5000, 'x');
    std::filesystem::create_symlink("circle", circle);
    const auto train = [&](const std::string& data) {
        return run({"train", "--data", data, "--model", "deep_gpcm", "--epochs", "1", "--out",
                    path("out")});
    };
    expect_refused(train(circle), "circle: Too many levels of symbolic links");
    expect_refused(train(too_long), "xxx: File name too long");
}

// Said before anything is trained, not when it is to be written.
TEST_F(BadInput, NamesThatNoFileCanHave) {
    const std::string name(256, 'n'), with_no_room_behind_it(250, 'n');
    const std::string data = simulated_data();
    write(path("space.toml"), "[parameters.lr]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n");
    expect_refused(run(with(small_sweep(data, "2", "1", "out"),
                            {"--study", path("study/" + with_no_room_behind_it)})),
                   "nnn.checkpoints: can't be the directory beside the study: File name too long");
    EXPECT_EQ(names_in(path("study")), std::vector<std::string>{});
    expect_refused(
        run(with(small_sweep(data, "2", "1", "out"), {"--study", path("study/" + name)})),
        "nnn: cannot write: File name too long");
    expect_refused(run({"train", "--data", data, "--model", "deep_gpcm", "--out", path(name)}),
                   "nnn: cannot create the directory: File name too long");
    expect_refused(run({"predict", "--model", trained_weights(), "--data", data + "/test.txt",
                        "--out", path("predictions/" + name)}),
                   "nnn: cannot write: File name too long");
}

TEST_F(BadInput, DirectoryInPlaceOfTheTestFile) {
    write(path("data/train.txt"), good_learner + good_learner);
    std::filesystem::create_directories(path("data/test.txt"));
    expect_refused(run({"train", "--data", path("data"), "--model", "deep_gpcm", "--epochs", "1",
                        "--out", path("out")}),
                   "test.txt: cannot read: Is a directory");
}

TEST_F(BadInput, NoSuchData) {
    expect_refused(run({"train", "--data", path("nowhere"), "--model", "deep_gpcm", "--epochs", "1",
                        "--out", path("out")}),
                   "nowhere");
}

TEST_F(BadInput, MoreFoldsThanLearners) {
    write(path("learners.txt"), good_learner + good_learner);
    for (const char* command : {"train", "sweep"}) {
        expect_refused(run({command, "--data", path("learners.txt"), "--model", "deep_gpcm",
                            "--folds", "5", "--epochs", "1", "--out", path("out")}),
                       "fold");
        EXPECT_EQ(names_in(path("out")), std::vector<std::string>{});
    }
}

// Below a regular file nobody can make a directory, root included.
TEST_F(BadInput, StudyThatIsNoJournal) {
    const auto report = [&](const std::string& study) {
        return run({"report", "--study", study, "--out", path("out")});
    };
    expect_refused(report(path("nowhere")), "nowhere: cannot read");
    expect_refused(report(path("")), "study.journal: cannot read");  // of a directory, its study
    write(path("text"), "not JSON\n");
    expect_refused(report(path("text")), "text:1: isn't a JSON object");
    write(path("other"), "{\"op_code\": -7}\n");
    expect_refused(report(path("other")), "other:1: 'op_code': -7");
    write(path("empty"), "");
    expect_refused(report(path("empty")), "empty: has no study");
}

TEST_F(BadInput, OutputThatCannotBeWritten) {
    const std::string data = simulated_data();
    write(path("file"), "kept");
    const std::string below = path("file/out");
    for (const std::string& out : {path("file"), below}) {
        expect_refused(
            run({"train", "--data", data, "--model", "deep_gpcm", "--epochs", "1", "--out", out}),
            "file");
        expect_refused(run({"sweep", "--data", data, "--model", "deep_gpcm", "--trials", "1",
                            "--folds", "2", "--epochs", "1", "--out", out}),
                       "file");
        expect_refused(run({"simulate", "--out", out}), "file");
    }
    const std::string weights = trained_weights();
    expect_refused(run({"items", "--weights", weights, "--out", below}), "file");
    expect_refused(
        run({"predict", "--weights", weights, "--data", data + "/test.txt", "--out", below}),
        "file");
    EXPECT_EQ(content_of(path("file")), "kept");
}

// A directory where a file is to go is noticed before training, not after.
TEST_F(BadInput, OutputFileThatIsADirectory) {
    const std::string data = simulated_data();
    for (const char* name :
         {"model.safetensors", "metrics.json", "best.safetensors",
          "deep_gpcm_data_hyperopt_report.md", "deep_gpcm_data_hyperopt_analysis.json",
          "deep_gpcm_data_report.html", "deep_gpcm_data_items.csv"}) {
        const std::string out = path(std::string("out of ") + name);
        std::filesystem::create_directories(out + "/" + name);
        const bool of_train = name[0] == 'm';
        const Outcome outcome =
            run(of_train ? Arguments{"train", "--data", data, "--model", "deep_gpcm", "--epochs",
                                     "1", "--out", out}
                         : Arguments{"sweep", "--data", data, "--model", "deep_gpcm", "--trials",
                                     "1", "--folds", "2", "--epochs", "1", "--out", out});
        expect_refused(outcome, name);
        EXPECT_EQ(names_in(out), std::vector<std::string>{name});
    }
}

TEST_F(BadInput, OutputInPlaceOfAnInput) {
    const std::string weights = trained_weights(), data = path("data/test.txt");
    const std::string weights_before = content_of(weights), data_before = content_of(data);
    std::filesystem::create_symlink(weights, path("link"));
    std::filesystem::create_hard_link(data, path("twin"));
    for (const std::string& out : {weights, path("trained/../link"), data, path("twin")})
        expect_refused(run({"predict", "--weights", weights, "--data", data, "--out", out}),
                       "is the input");
    for (const std::string& out : {weights, path("link")})
        expect_refused(run({"items", "--weights", weights, "--out", out}), "is the input");
    EXPECT_EQ(content_of(weights), weights_before);
    EXPECT_EQ(content_of(data), data_before);
}

TEST_F(BadInput, WeightsThatAreNotWhole) {
    const std::string whole = content_of(trained_weights());
    const std::vector<std::string> broken = {"", whole.substr(0, 5), whole.substr(0, 200),
                                             whole.substr(0, whole.size() - 100),
                                             "not a model at all, but long enough to be one"};
    for (const std::string& content : broken) {
        write(path("broken.safetensors"), content);
        expect_refused(
            run({"items", "--weights", path("broken.safetensors"), "--out", path("items.csv")}),
            "broken.safetensors");
    }
    expect_refused(run({"items", "--weights", path("none"), "--out", path("items.csv")}), "none");
    EXPECT_FALSE(std::filesystem::exists(path("items.csv")));
}

// All of its weights are finite.
TEST_F(BadInput, WeightsWhoseOutputsAreNotFinite) {
    const std::string weights = MANYGPCM_TEST_DATA "/absurd_weights.safetensors";
    write(path("learner.txt"), "2\n0,1\n0,1\n");
    expect_refused(run({"items", "--weights", weights, "--out", path("items.csv")}),
                   "absurd_weights.safetensors: the thresholds of question '0' aren't finite");
    expect_refused(
        run({"predict", "--weights", weights, "--data", path("learner.txt"), "--out",
             path("p.csv")}),
        "absurd_weights.safetensors: its prediction of learner '0', step 1 isn't finite");
    EXPECT_EQ(names_in(path("")), std::vector<std::string>{"learner.txt"});
}

TEST_F(BadInput, WeightsOfAnotherShape) {
    std::string content = content_of(trained_weights());
    const std::string key = "\\\"memory_size\\\":";
    const std::size_t size = content.find(key + "50");
    ASSERT_NE(size, std::string::npos);
    content.replace(size, key.size() + 2, key + "20");
    write(path("other.safetensors"), content);
    expect_refused(run({"predict", "--weights", path("other.safetensors"), "--data",
                        path("data/test.txt"), "--out", path("p.csv")}),
                   "other.safetensors");
    EXPECT_FALSE(std::filesystem::exists(path("p.csv")));
}

TEST_F(BadInput, DataThatTheModelDoesNotKnow) {
    const std::string weights = trained_weights();
    const auto predict = [&](const std::string& data) {
        return run({"predict", "--weights", weights, "--data", data, "--out", path("p.csv")});
    };
    write(path("question.txt"), "2\n0,12\n0,1\n");
    expect_refused(predict(path("question.txt")), "12");
    write(path("category.txt"), "2\n0,1\n0,4\n");
    expect_refused(predict(path("category.txt")), "4");
    expect_refused(predict(path("data")), "data: is a directory; expected one file");
    for (const char* option : {"--data", "--model"}) {
        const Arguments items = {"items", "--model", weights, "--out", path("p.csv")};
        expect_refused(run(option == std::string("--data")
                               ? with(items, {option, path("data")})
                               : Arguments{"items", option, path("data"), "--out", path("p.csv")}),
                       "data: is a directory; expected ");
    }
    EXPECT_FALSE(std::filesystem::exists(path("p.csv")));
}

}  // namespace
}  // namespace manygpcm::cli_test
