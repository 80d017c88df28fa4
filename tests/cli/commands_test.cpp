// The commands on good input: the files they leave, what is in them, and what goes to which stream.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "manygpcm/search/read_study.h"
#include "program.h"

namespace manygpcm::cli_test {
namespace {

using Commands = ProgramTest;
using Names = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

TEST_F(Commands, SimulateTrainPredictItems) {
    const std::string data = simulated_data();
    EXPECT_EQ(names_in(data), (Names{"test.txt", "train.txt", "truth.json"}));

    const Outcome train =
        run({"train", "--data", data, "--model", "attn_gpcm_linear", "--set", "lr=0.01", "--set",
             "embed_dim=32", "--epochs", "2", "--folds", "2", "--out", path("trained")});
    ASSERT_EQ(train.code, 0) << train.err;
    EXPECT_EQ(names_in(path("trained")), (Names{"metrics.json", "model.safetensors"}));
    EXPECT_NE(train.out.find("qwk"), std::string::npos) << train.out;
    EXPECT_EQ(train.out.find('%'), std::string::npos) << "progress belongs to stderr";
    EXPECT_NE(train.err.find("epochs 6/6"), std::string::npos) << train.err;

    const auto metrics = nlohmann::json::parse(content_of(path("trained/metrics.json")));
    EXPECT_EQ(metrics["hyperparameters"]["lr"], 0.01);
    EXPECT_EQ(metrics["epochs"].size(), 2);
    EXPECT_EQ(metrics["folds"].size(), 2);
    EXPECT_TRUE(metrics["over_folds"]["qwk"].contains("mean"));
    EXPECT_GT(metrics["test"]["n"], 0);

    const Outcome predict = run({"predict", "--weights", path("trained/model.safetensors"),
                                 "--data", data + "/test.txt", "--out", path("p.csv")});
    ASSERT_EQ(predict.code, 0) << predict.err;
    EXPECT_EQ(predict.err, "");
    const auto rows = lines_of(content_of(path("p.csv")));
    EXPECT_EQ(rows.front(),
              "learner,step,question,response,p0,p1,p2,p3,theta,alpha,beta1,beta2,beta3,predicted");
    EXPECT_EQ(static_cast<int>(rows.size()) - 1, metrics["test"]["n"]);
    EXPECT_TRUE(rows[1].starts_with("0,1,")) << rows[1];
    EXPECT_EQ(predict.out.find("qwk_fitted"), std::string::npos);

    // What training says of the cut points, prediction says as well.
    const Outcome fitted =
        run({"predict", "--weights", path("trained/model.safetensors"), "--data",
             data + "/test.txt", "--out", path("p.csv"), "--decision", "fitted"});
    ASSERT_EQ(fitted.code, 0) << fitted.err;
    EXPECT_THAT(fitted.out,
                testing::ContainsRegex(fmt::format("qwk_fitted +{:.4f}\n",
                                                   metrics["test"]["qwk_fitted"].get<double>())));
    expect_refused(run({"predict", "--weights", path("trained/model.safetensors"), "--data",
                        data + "/test.txt", "--out", path("p.csv"), "--decision", "best"}),
                   "--decision");
    expect_refused(run({"predict", "--weights", MANYGPCM_TEST_DATA "/model.safetensors", "--data",
                        data + "/test.txt", "--out", path("p.csv"), "--decision", "fitted"}),
                   "model.safetensors has no cut points");

    const Outcome items =
        run({"items", "--weights", path("trained/model.safetensors"), "--out", path("items.csv")});
    ASSERT_EQ(items.code, 0) << items.err;
    const auto questions = lines_of(content_of(path("items.csv")));
    EXPECT_EQ(questions.front(),
              "question,alpha,beta1,beta2,beta3,information,information_at,n,n0,n1,n2,n3,marks");
    EXPECT_EQ(questions.size(), 1 + 12);
}

TEST_F(Commands, ItemsLeaveOutQuestionsThatAreNotAnsweredYet) {
    const std::string weights = trained_weights();
    const auto items_of = [&](const std::string& text) {
        std::ofstream(path("answers.txt")) << text;
        EXPECT_EQ(run({"items", "--weights", weights, "--data", path("answers.txt"), "--out",
                       path("items.csv")})
                      .code,
                  0);
        return content_of(path("items.csv"));
    };
    EXPECT_EQ(items_of("3\n0,1,2\n1,0\n2\n0,1\n0,1\n1\n3\n\n"),
              items_of("2\n0,1\n1,0\n2\n0,1\n0,1\n"));
    std::ofstream(path("none.txt")) << "1\n0\n\n";
    expect_refused(run({"items", "--weights", weights, "--data", path("none.txt"), "--out",
                        path("items.csv")}),
                   "none.txt");
}

TEST_F(Commands, ItemsSayHowTheyFitGivenAnswers) {
    const std::string weights = trained_weights(), data = simulated_data();
    ASSERT_EQ(run({"items", "--weights", weights, "--data", data + "/test.txt", "--out",
                   path("items.csv")})
                  .code,
              0);
    const auto rows = lines_of(content_of(path("items.csv")));
    ASSERT_EQ(rows.size(), 1 + 12);
    EXPECT_TRUE(rows[0].ends_with(",answers,item_rest,outfit,z_outfit,infit,z_infit,marks"));
    const auto fields_of = [](const std::string& row) {
        std::vector<std::string> fields(1);
        for (const char c : row)
            if (c == ',')
                fields.emplace_back();
            else
                fields.back() += c;
        return fields;
    };
    const auto names = fields_of(rows[0]);
    const auto column = [&](const char* name) {
        return std::ranges::find(names, name) - names.begin();
    };
    double answers = 0;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        const auto fields = fields_of(rows[row]);
        ASSERT_EQ(fields.size(), names.size());
        const double of_question = std::stod(fields[column("answers")]);
        answers += of_question;
        // Of a question that nobody answered here nothing is said.
        EXPECT_EQ(fields[column("infit")].empty(), of_question == 0);
        if (of_question > 0) {
            EXPECT_GT(std::stod(fields[column("infit")]), 0);
            EXPECT_GT(std::stod(fields[column("outfit")]), 0);
        }
        const std::string& r = fields[column("item_rest")];
        if (!r.empty()) {
            EXPECT_LE(std::abs(std::stod(r)), 1);
        }
    }
    const Outcome predict = run(
        {"predict", "--weights", weights, "--data", data + "/test.txt", "--out", path("p.csv")});
    EXPECT_EQ(static_cast<std::size_t>(answers), lines_of(content_of(path("p.csv"))).size() - 1);
    expect_refused(run({"items", "--weights", weights, "--data", path("none.txt"), "--out",
                        path("items.csv")}),
                   "none.txt");
    expect_refused(run({"items", "--weights", weights, "--data", data + "/test.txt", "--out",
                        data + "/test.txt"}),
                   "is the input");
}

TEST_F(Commands, TrainFindsTheBestEpochWhereNoneIsGiven) {
    const std::string data = simulated_data();
    const Outcome train = run({"train", "--data", data, "--model", "residual_gpcm", "--set",
                               "value_dim=8", "--folds", "2", "--out", path("trained")});
    ASSERT_EQ(train.code, 0) << train.err;
    EXPECT_NE(train.out.find("kept: epoch "), std::string::npos) << train.out;
    const auto metrics = nlohmann::json::parse(content_of(path("trained/metrics.json")));
    ASSERT_EQ(metrics["epochs"].size(), 12);
    const auto score = [&](int epoch) {
        return metrics["epochs"][epoch - 1]["stopping"]["cross_entropy"].get<double>();
    };
    const int kept = metrics["epoch"];
    for (int epoch = 1; kept > 0 && epoch <= 12; ++epoch)
        EXPECT_LE(score(kept), score(epoch));
    EXPECT_EQ(metrics["folds"].size(), 2);
    // A learner's first response is one of nothing known.
    EXPECT_EQ(metrics["test_without_first"]["n"].get<int>(),
              metrics["test"]["n"].get<int>() - metrics["n_test_learners"].get<int>());
}

TEST_F(Commands, FitToAFewLearnersSaysSo) {
    std::string rows = "student_id,item_id,response\n";
    for (int learner = 0; learner < 30; ++learner)
        for (int item = 0; item < 3; ++item)
            rows += fmt::format("{},{},{}\n", learner, item, (learner + item) % 2);
    std::ofstream(path("few.csv")) << rows;
    const auto warned = [&](const char* model) {
        const Outcome outcome = run({"train", "--data", path("few.csv"), "--model", model,
                                     "--epochs", "1", "--restart", "--out", path("few")});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return outcome.err.find("29 learners; of fewer than 30") != std::string::npos;
    };
    EXPECT_FALSE(warned("gpcm"));
    rows.resize(rows.find("\n29,") + 1);
    std::ofstream(path("few.csv")) << rows;
    EXPECT_TRUE(warned("gpcm"));
    EXPECT_FALSE(warned("gru_gpcm"));
}

TEST_F(Commands, GpcmIsFittedJudgedAndHasNothingToSearch) {
    const std::string data = simulated_data();
    const Outcome train =
        run({"train", "--data", data, "--model", "gpcm", "--out", path("trained")});
    ASSERT_EQ(train.code, 0) << train.err;
    EXPECT_NE(train.out.find("\nlog-likelihood -"), std::string::npos) << train.out;
    const auto fit = nlohmann::json::parse(content_of(path("trained/metrics.json")))["fit"];
    // At the upper end of 4 categories the 12 questions lack four together.
    EXPECT_EQ(fit["parameters"], 44);
    EXPECT_EQ(fit["joint_errors"], true);
    EXPECT_DOUBLE_EQ(fit["aic"].get<double>(), 2 * 44 - 2 * fit["log_likelihood"].get<double>());
    ASSERT_EQ(
        run({"items", "--weights", path("trained/model.safetensors"), "--out", path("items.csv")})
            .code,
        0);
    EXPECT_EQ(lines_of(content_of(path("items.csv"))).front(),
              "question,alpha,beta1,beta2,beta3,alpha_error,beta1_error,beta2_error,beta3_error,"
              "information,information_at,n,n0,n1,n2,n3,marks");

    expect_refused(run({"sweep", "--data", data, "--model", "gpcm", "--out", path("sweep")}),
                   "--model gpcm: expected one that has something to search");
}

TEST_F(Commands, ConvertMakesWhatTrainReads) {
    std::ofstream(path("wide.csv")) << "id,name,x,y,z\n1,ann,1,2,3\n2,bob,3,1,9\n3,cy,2,3,1\n";
    const Outcome convert =
        run({"convert", "--data", path("wide.csv"), "--missing", "9", "--out", path("long.csv")});
    ASSERT_EQ(convert.code, 0) << convert.err;
    EXPECT_NE(convert.out.find("no item: column 'name', 'ann' in line 2\n"), std::string::npos);
    EXPECT_NE(
        convert.out.find("8 answers of 3 learners to 3 questions, scores 1 to 3, written as 0 "
                         "to 2\n"),
        std::string::npos)
        << convert.out;
    EXPECT_EQ(
        run({"train", "--data", path("long.csv"), "--model", "gpcm", "--out", path("t")}).code, 0);
    expect_refused(run({"convert", "--data", path("long.csv"), "--out", path("again.csv")}),
                   "long.csv: has a student, an item and a score");
    expect_refused(run({"convert", "--data", path("wide.csv"), "--out", path("wide.csv")}),
                   "wide.csv");
}

TEST_F(Commands, PredictAveragesSeveralModels) {
    const std::string data = simulated_data();
    std::vector<std::string> weights;
    for (const char* seed : {"1", "2", "3"}) {
        ASSERT_EQ(run({"train", "--data", data, "--model", "deep_gpcm", "--epochs", "1", "--seed",
                       seed, "--out", path(seed)})
                      .code,
                  0);
        weights.push_back(path(std::string(seed) + "/model.safetensors"));
    }
    const auto probability_of_3 = [&](const std::vector<std::string>& of) {
        Arguments arguments = {"predict", "--data", data + "/test.txt", "--out", path("p.csv")};
        for (const std::string& file : of)
            arguments.insert(arguments.end(), {"--weights", file});
        EXPECT_EQ(run(arguments).code, 0);
        const auto rows = lines_of(content_of(path("p.csv")));
        EXPECT_EQ(rows.front().ends_with(",spread,predicted"), of.size() > 1);
        std::istringstream row(rows[5]);
        std::string field;
        for (int column = 0; column < 8; ++column)
            std::getline(row, field, ',');
        return std::stod(field);
    };
    double sum = 0;
    for (const std::string& file : weights)
        sum += probability_of_3({file});
    EXPECT_NEAR(probability_of_3(weights), sum / 3, 1e-7);

    const std::string other = path("other");
    ASSERT_EQ(run({"simulate", "--learners", "30", "--questions", "9", "--length", "5:10", "--out",
                   other})
                  .code,
              0);
    ASSERT_EQ(run({"train", "--data", other, "--model", "deep_gpcm", "--epochs", "1", "--out",
                   path("other_model")})
                  .code,
              0);
    expect_refused(
        run({"predict", "--data", data + "/test.txt", "--out", path("q.csv"), "--weights",
             weights[0], "--weights", path("other_model/model.safetensors")}),
        "9 questions and 4 categories; expected those of");
    EXPECT_FALSE(std::filesystem::exists(path("q.csv")));
}

/// The fields of a line of CSV without quotes.
std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, ',');)
        fields.push_back(field);
    if (line.ends_with(',')) fields.emplace_back();
    return fields;
}

// What the next question is predicted to be is what it's predicted to be once it's asked.
TEST_F(Commands, PredictsEveryQuestionAsTheNextOne) {
    const std::string data = simulated_data();
    std::vector<std::string> weights;
    for (const char* model : {"residual_gpcm", "deep_gpcm"}) {
        ASSERT_EQ(
            run({"train", "--data", data, "--model", model, "--epochs", "1", "--out", path(model)})
                .code,
            0);
        weights.push_back(path(std::string(model) + "/model.safetensors"));
    }
    write(path("open.txt"), "3\n4,2,7\n3,0\n2\n1,5\n2,1\n");
    write(path("answered.txt"), "3\n4,2,7\n3,0,1\n3\n1,5,7\n2,1,0\n");
    const auto predict = [&](const Names& of, const std::string& file, const Arguments& more) {
        Arguments arguments = {"predict", "--data", path(file), "--out", path("p.csv")};
        for (const std::string& one : of)
            arguments.insert(arguments.end(), {"--weights", one});
        const Outcome outcome = run(with(arguments, more));
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return lines_of(content_of(path("p.csv")));
    };
    for (const Names& of : {Names{weights[0]}, Names{weights[1]}, weights}) {
        const auto asked = predict(of, "answered.txt", {});
        const auto open = predict(of, "open.txt", {});
        ASSERT_EQ(open.size(), 1 + 5);
        EXPECT_TRUE(open[3].starts_with("0,3,7,,")) << open[3];
        EXPECT_EQ(open[3].substr(7), asked[3].substr(8));

        const auto next = predict(of, "open.txt", {"--next"});
        ASSERT_EQ(next.size(), 1 + 2 * 12);
        EXPECT_EQ(next[0],
                  of.size() > 1
                      ? "learner,step,question,p0,p1,p2,p3,expected,theta,theta_sd,spread,predicted"
                      : "learner,step,question,p0,p1,p2,p3,expected,theta,theta_sd,predicted");
        for (const int learner : {0, 1}) {
            const auto row = fields_of(next[1 + 12 * learner + 7]),
                       step = fields_of(asked[3 + 3 * learner]);
            EXPECT_EQ(row[0] + row[1] + row[2], step[0] + step[1] + step[2]);
            double expected = 0;
            for (int k = 0; k < 4; ++k) {
                EXPECT_EQ(row[3 + k], step[4 + k]);
                expected += k * std::stod(row[3 + k]);
            }
            EXPECT_NEAR(std::stod(row[7]), expected, 1e-6);
            EXPECT_EQ(row[8], step[8]);  // ability
            EXPECT_EQ(row[9].empty(), of.back() == weights[1]);
            if (of.size() > 1) {
                EXPECT_EQ(row[10], step[step.size() - 2]);
            }
        }
    }

    // One epoch leaves the questions near the classical model's.
    const Outcome items = run({"items", "--weights", weights[0], "--out", path("items.csv")});
    EXPECT_THAT(items.out, testing::ContainsRegex(
                               "\nPearson's r with the classical model inside \\(slope of "
                               "the line\\): discriminations (1.0|0.9)[0-9]* \\((1.0|0.9).*, "
                               "intercepts (1.0|0.9)[0-9]* \\((1.0|0.9)"));
    EXPECT_EQ(
        run({"items", "--weights", weights[1], "--out", path("items.csv")}).out.find("Pearson"),
        std::string::npos);

    // An ability of the learner's own is that of any next step.
    const auto next = predict({weights[0]}, "open.txt", {"--next", "--abilities", path("a.csv")});
    const auto abilities = lines_of(content_of(path("a.csv")));
    ASSERT_EQ(abilities.size(), 3);
    EXPECT_EQ(abilities[0], "learner,responses,theta,theta_sd");
    const auto row = fields_of(next[20]);
    EXPECT_EQ(abilities[2], "1,2," + row[8] + "," + row[9]);
    EXPECT_TRUE(predict({weights[1]}, "open.txt", {"--abilities", path("a.csv")}).size() == 6);
    EXPECT_TRUE(lines_of(content_of(path("a.csv")))[1].ends_with(",")) << "no deviation";

    expect_refused(run({"predict", "--weights", weights[0], "--data", path("open.txt"), "--out",
                        path("new.csv"), "--abilities", path("./new.csv")}),
                   "new.csv: is --out, too");
    write(path("nobody.txt"), "1\n3\n");
    const Outcome nobody = run(
        {"predict", "--weights", weights[0], "--data", path("nobody.txt"), "--out", path("p.csv")});
    EXPECT_EQ(nobody.code, 0) << nobody.err;
    EXPECT_TRUE(nobody.out.starts_with("0 steps of 1 learner, and 1 without a score\n"))
        << nobody.out;
}

TEST_F(Commands, FoldsChangeNothingAboutTheModelKept) {
    const std::string data = simulated_data();
    const Arguments alone = {"train", "--data", data, "--model", "deep_gpcm",  "--epochs",
                             "2",     "--jobs", "1",  "--out",   path("alone")};
    const Arguments folds = {"train",    "--data", data,         "--model", "deep_gpcm",
                             "--epochs", "2",      "--folds",    "3",       "--jobs",
                             "2",        "--out",  path("folds")};
    ASSERT_EQ(run(alone).code, 0);
    ASSERT_EQ(run(folds).code, 0);
    EXPECT_EQ(content_of(path("alone/model.safetensors")),
              content_of(path("folds/model.safetensors")));
}

// Text ids with commas, quotes and blanks at their ends come back as they were; of a question that
// training never saw nothing is known.
TEST_F(Commands, KeepsTextIds) {
    write(path("data/train.csv"),
          "student,item,score\n"
          "ana,\"sums, easy\",0\nana,areas,1\nana,\" blank\",1\nana,\"the \"\"hard\"\" one\",0\n"
          "bo,areas,1\nbo,\"sums, easy\",1\n");
    write(path("data/test.csv"), "student,item,score\n\"li, jr\",areas,1\n\"li, jr\",unseen,0\n");
    const Outcome train = run({"train", "--data", path("data"), "--model", "deep_gpcm", "--epochs",
                               "1", "--out", path("trained")});
    ASSERT_EQ(train.code, 0) << train.err;
    const std::string weights = path("trained/model.safetensors");
    const Outcome predict = run(
        {"predict", "--weights", weights, "--data", path("data/test.csv"), "--out", path("p.csv")});
    ASSERT_EQ(predict.code, 0) << predict.err;
    const auto rows = lines_of(content_of(path("p.csv")));
    ASSERT_EQ(rows.size(), 3);
    EXPECT_TRUE(rows[1].starts_with("\"li, jr\",1,areas,1,")) << rows[1];
    EXPECT_TRUE(rows[2].starts_with("\"li, jr\",2,unseen,0,")) << rows[2];

    ASSERT_EQ(run({"items", "--weights", weights, "--out", path("items.csv")}).code, 0);
    const std::string items = content_of(path("items.csv"));
    EXPECT_NE(items.find("\n\"sums, easy\","), std::string::npos) << items;
    EXPECT_NE(items.find("\n\"the \"\"hard\"\" one\","), std::string::npos) << items;
    EXPECT_NE(items.find("\n\" blank\","), std::string::npos) << items;
    EXPECT_NE(items.find("\nunseen,,,,,0,0,0,never answered\n"), std::string::npos) << items;
}

// Of categories that a question never had in training its answers tell no thresholds.
TEST_F(Commands, LeavesOutThresholdsOfCategoriesThatAQuestionNeverHad) {
    write(path("learners.csv"),
          "student,item,score\n"
          "ana,all,0\nana,all,1\nana,all,2\nana,low,0\nana,low,1\nana,ends,0\nana,ends,2\n");
    const Outcome train = run({"train", "--data", path("learners.csv"), "--model", "deep_gpcm",
                               "--epochs", "1", "--out", path("trained")});
    ASSERT_EQ(train.code, 0) << train.err;
    ASSERT_EQ(
        run({"items", "--weights", path("trained/model.safetensors"), "--out", path("items.csv")})
            .code,
        0);
    const auto items = lines_of(content_of(path("items.csv")));
    ASSERT_EQ(items.size(), 4);
    const std::string number = "-?[0-9][-+.e0-9]*";
    EXPECT_THAT(items[1], testing::MatchesRegex("all," + number + "," + number + "," + number +
                                                "," + number + "," + number + ",3,1,1,1,"));
    EXPECT_THAT(items[2],
                testing::MatchesRegex("ends," + number + ",,,,,2,1,0,1,category 1 never seen"));
    EXPECT_THAT(items[3], testing::MatchesRegex("low," + number + "," + number + ",," + number +
                                                "," + number + ",2,1,1,0,category 2 never seen"));
}

TEST_F(Commands, SweepLeavesTheReportAndTheBestModel) {
    const std::string data = simulated_data();
    const Outcome sweep = run({"sweep", "--data", data, "--model", "attn_gpcm_learn", "--trials",
                               "2", "--folds", "2", "--epochs", "1", "--out", path("out")});
    ASSERT_EQ(sweep.code, 0) << sweep.err;
    // Pictures and page come where gnuplot is and npm was: the report's own tests see to them.
    EXPECT_THAT(names_in(path("out")),
                testing::IsSupersetOf({"attn_gpcm_learn_data_hyperopt_analysis.json",
                                       "attn_gpcm_learn_data_hyperopt_report.md",
                                       "best.safetensors", "study.journal"}));
    for (const std::string& name : names_in(path("out")))
        EXPECT_NE(sweep.out.find(path("out/" + name)), std::string::npos) << sweep.out;
    EXPECT_NE(sweep.out.find("best trial"), std::string::npos) << sweep.out;
    EXPECT_NE(sweep.out.find("held out"), std::string::npos) << sweep.out;
    EXPECT_NE(sweep.err.find("trials 2/2"), std::string::npos) << sweep.err;
    EXPECT_EQ(run({"predict", "--weights", path("out/best.safetensors"), "--data",
                   data + "/test.txt", "--out", path("p.csv")})
                  .code,
              0);
}

TEST_F(Commands, SweepSearchesOverModels) {
    const std::string data = simulated_data();
    write(path("space.toml"),
          "[parameters.model]\nchoices = [\"gru_gpcm\", \"gpcm\"]\n"
          "[parameters.lr]\nlow = 0.001\nhigh = 0.01\nwhen = { model = [\"gru_gpcm\"] }\n");
    const Arguments command = {"sweep",   "--data",           data,    "--model",     "auto",
                               "--space", path("space.toml"), "--set", "value_dim=8", "--trials",
                               "6",       "--folds",          "2",     "--epochs",    "1",
                               "--out",   path("out")};
    const Outcome sweep = run(command);
    ASSERT_EQ(sweep.code, 0) << sweep.err;
    EXPECT_THAT(sweep.out, testing::HasSubstr("\n  model                "));
    EXPECT_THAT(names_in(path("out")),
                testing::IsSupersetOf({"auto_data_hyperopt_analysis.json",
                                       "auto_data_hyperopt_report.md", "best.safetensors"}));
    const auto analysis =
        nlohmann::json::parse(content_of(path("out/auto_data_hyperopt_analysis.json")));
    EXPECT_EQ(analysis["model"], "auto");
    EXPECT_EQ(analysis["settings"]["base"]["gru_gpcm"]["value_dim"], 8);
    EXPECT_EQ(analysis["space"][0]["choices"], (nlohmann::json{"gru_gpcm", "gpcm"}));
    EXPECT_EQ(analysis["space"][1]["when"], (nlohmann::json{{"model", {"gru_gpcm"}}}));
    EXPECT_EQ(analysis["space"][1]["otherwise"],
              (nlohmann::json{{"gru_gpcm", 0.002}, {"gpcm", 0.002}}));
    int of_gpcm = 0;
    for (const auto& trial : analysis["trials"]) {
        const bool is_gpcm = trial["parameters"]["model"] == "gpcm";
        EXPECT_EQ(trial["parameters"]["lr"].is_null(), is_gpcm) << trial["parameters"];
        of_gpcm += is_gpcm ? 1 : 0;
    }
    EXPECT_EQ(of_gpcm, 1);
    EXPECT_EQ(run({"report", "--study", path("out/study.journal"), "--out", path("again")}).code,
              0);
    EXPECT_EQ(run({"predict", "--weights", path("out/best.safetensors"), "--data",
                   data + "/test.txt", "--out", path("p.csv")})
                  .code,
              0);
}

/// A journal as Optuna writes it: `n_trials` of a study that minimizes.
std::string optuna_journal(const std::string& study, int study_id, int first_trial, int n_trials) {
    std::string text = R"({"op_code": 0, "worker_id": "w", "study_name": ")" + study +
                       R"(", "directions": [1]})" + '\n';
    for (int i = 0; i < n_trials; ++i) {
        const auto line = [&](int operation, const std::string& fields) {
            text += R"({"op_code": )" + std::to_string(operation) + R"(, "worker_id": "w", )" +
                    fields + "}\n";
        };
        const std::string id = R"("trial_id": )" + std::to_string(first_trial + i) + ", ";
        const std::string x = std::to_string(0.1 * i);
        line(4, R"("study_id": )" + std::to_string(study_id) +
                    R"(, "datetime_start": "2024-05-06T07:08:09.000001")");
        line(5, id + R"("param_name": "x", "param_value_internal": )" + x +
                    R"(, "distribution": "{\"name\": \"FloatDistribution\", \"attributes\": )" +
                    R"({\"step\": null, \"low\": 0.0, \"high\": 1.0, \"log\": false}}")");
        line(6, id + R"("state": 1, "values": [)" + x +
                    R"(], "datetime_complete": "2024-05-06T07:08:10.5")");
    }
    return text;
}

TEST_F(Commands, ReportReadsAJournalOfOptuna) {
    const std::string journal = path("study.journal");
    write(journal, optuna_journal("cooling", 0, 0, 6));
    const Outcome report = run({"report", "--study", journal, "--out", path("out")});
    ASSERT_EQ(report.code, 0) << report.err;
    EXPECT_TRUE(report.out.starts_with("best trial: 1 of 6, value 0\n")) << report.out;
    EXPECT_THAT(names_in(path("out")), testing::IsSupersetOf({"cooling_hyperopt_analysis.json",
                                                              "cooling_hyperopt_report.md"}));
    for (const std::string& name : names_in(path("out")))
        EXPECT_NE(report.out.find(path("out/" + name)), std::string::npos) << report.out;

    write(journal, optuna_journal("cooling", 0, 0, 2) + optuna_journal("heating", 1, 2, 3));
    const Outcome unnamed = run({"report", "--study", journal, "--out", path("two")});
    EXPECT_EQ(unnamed.code, 2);
    EXPECT_NE(unnamed.err.find("cooling, heating"), std::string::npos) << unnamed.err;
    const Outcome named =
        run({"report", "--study", journal, "--study-name", "heating", "--out", path("two")});
    EXPECT_EQ(named.code, 0) << named.err;
    EXPECT_NE(named.out.find("of 3"), std::string::npos) << named.out;
}

TEST_F(Commands, ReportSetsStudiesSideBySide) {
    const std::string journal = path("study.journal"), other = path("other");
    write(journal, optuna_journal("cooling", 0, 0, 2) + optuna_journal("heating", 1, 2, 3));
    write(other, optuna_journal("freezing", 0, 0, 4));
    const std::vector<std::string> both = {"report",       "--study",      journal,
                                           "--study-name", "cooling",      "--study",
                                           journal,        "--study-name", "heating"};
    const Outcome printed = run(both);
    ASSERT_EQ(printed.code, 0) << printed.err;
    EXPECT_TRUE(printed.out.starts_with("# Studies Side by Side\n")) << printed.out;
    EXPECT_THAT(printed.out, testing::HasSubstr("**Studies**: cooling and heating"));
    std::vector<std::string> into = both;
    into.insert(into.end(), {"--out", path("out")});
    const Outcome written = run(into);
    ASSERT_EQ(written.code, 0) << written.err;
    EXPECT_THAT(names_in(path("out")), testing::Contains("comparison.md"));
    for (const std::string& name : names_in(path("out")))
        EXPECT_THAT(written.out, testing::HasSubstr(path("out/" + name)));

    const Outcome one_name =
        run({"report", "--study", journal, "--study-name", "cooling", "--study", other});
    EXPECT_EQ(one_name.code, 2);
    EXPECT_THAT(one_name.err, testing::HasSubstr("--study-name: 1 name; expected one for each"));
    const Outcome no_out = run({"report", "--study", other});
    EXPECT_EQ(no_out.code, 2);
    EXPECT_THAT(no_out.err, testing::HasSubstr("--out is required with one study"));
}

TEST_F(Commands, SweepKeepsFoldModelsThatPredictAverages) {
    const std::string data = simulated_data();
    const Outcome sweep =
        run({"sweep", "--data", data, "--model", "deep_gpcm", "--trials", "1", "--folds", "2",
             "--epochs", "1", "--keep-folds", "--out", path("out")});
    ASSERT_EQ(sweep.code, 0) << sweep.err;
    EXPECT_THAT(names_in(path("out")),
                testing::IsSupersetOf({"fold-1.safetensors", "fold-2.safetensors"}));
    EXPECT_NE(sweep.out.find(path("out/fold-2.safetensors")), std::string::npos) << sweep.out;
    EXPECT_NE(sweep.out.find("\n  average of folds"), std::string::npos) << sweep.out;
    const Outcome predict =
        run({"predict", "--weights", path("out/fold-1.safetensors"), "--weights",
             path("out/fold-2.safetensors"), "--data", data + "/test.txt", "--out", path("p.csv")});
    EXPECT_EQ(predict.code, 0) << predict.err;
    const auto analysis =
        nlohmann::json::parse(content_of(path("out/deep_gpcm_data_hyperopt_analysis.json")));
    const double average = analysis["folds_average"]["metrics"]["cross_entropy"];
    std::string shown;
    for (const std::string& line : lines_of(predict.out))
        if (line.find("cross_entropy") != std::string::npos) shown = line;
    EXPECT_NEAR(std::stod(shown.substr(shown.find_last_of(' '))), average, 1e-4) << predict.out;
}

TEST_F(Commands, SweepTakesWhatItDoesNotSearch) {
    const Outcome sweep =
        run({"sweep", "--data", simulated_data(), "--model", "attn_gpcm_learn", "--set",
             "attention=bidirectional", "--set", "grad_clip=2", "--trials", "1", "--folds", "2",
             "--epochs", "1", "--out", path("out")});
    ASSERT_EQ(sweep.code, 0) << sweep.err;
    const auto analysis =
        nlohmann::json::parse(content_of(path("out/attn_gpcm_learn_data_hyperopt_analysis.json")));
    EXPECT_EQ(analysis["best"]["hyperparameters"]["grad_clip"], 2);
    const std::string report = content_of(path("out/attn_gpcm_learn_data_hyperopt_report.md"));
    EXPECT_NE(report.find("inflated"), std::string::npos) << report;
}

// A file that stdout was redirected to gets the table and, after it, what the command prints.
TEST_F(Commands, WritesATableToStandardOutput) {
    const Outcome items = run({"items", "--weights", trained_weights(), "--out", "/dev/stdout"});
    ASSERT_EQ(items.code, 0) << items.err;
    EXPECT_TRUE(items.out.starts_with("question,alpha,beta1")) << items.out;
    EXPECT_EQ(lines_of(items.out).size(), 1 + 12) << "nothing else goes there";
    EXPECT_EQ(items.err, "12 questions\nstandard output\n");
    EXPECT_TRUE(std::filesystem::is_symlink("/dev/stdout"));
}

TEST_F(Commands, SweepOnAllLearnersHoldsNoneOut) {
    const Outcome sweep =
        run({"sweep", "--data", simulated_data(), "--model", "deep_gpcm", "--trials", "1",
             "--folds", "2", "--epochs", "1", "--cv-on", "all", "--out", path("out")});
    ASSERT_EQ(sweep.code, 0) << sweep.err;
    EXPECT_EQ(sweep.out.find("test learners"), std::string::npos) << sweep.out;
    // The baselines are compared with on the folds then.
    for (const char* words :
         {"cross-validated, as no learner is held out: means over 2 folds",
          "  deep_gpcm            qwk", "  classical GPCM       qwk", "  true parameters      qwk"})
        EXPECT_NE(sweep.out.find(words), std::string::npos) << sweep.out;
}

TEST_F(Commands, NamesAreNoCommandsToATerminal) {
    const std::string title = "\x1B]0;title\a", told = "\\x1B]0;title\\x07";
    const auto expect_told = [&](const std::string& text) {
        EXPECT_NE(text.find(told), std::string::npos) << text;
        EXPECT_EQ(text.find_first_of("\x1B\a"), std::string::npos) << text;
    };
    const std::string data = path("data" + title);
    const Outcome simulate =
        run({"simulate", "--learners", "10", "--questions", "5", "--length", "5:9", "--out", data});
    ASSERT_EQ(simulate.code, 0) << simulate.err;
    expect_told(simulate.out);

    for (const char* file : {"test.txt", "truth.json"})
        std::filesystem::remove(std::filesystem::path(data) / file);
    const Outcome train = run({"train", "--data", data, "--model", "deep_gpcm", "--epochs", "1",
                               "--out", path("out" + title)});
    ASSERT_EQ(train.code, 0) << train.err;
    expect_told(train.out);
    expect_told(train.err);  // the notice that there is no test file

    const Outcome report = run({"report", "--study", path("none" + title), "--out", path("out")});
    expect_refused(report, "none" + told);
    expect_told(report.err);
}

TEST_F(Commands, QuietLeavesStderrEmpty) {
    const std::string data = simulated_data();
    const Outcome train = run({"train", "--quiet", "--data", data, "--model", "deep_gpcm",
                               "--epochs", "1", "--out", path("trained")});
    EXPECT_EQ(train.code, 0);
    EXPECT_EQ(train.err, "");
    const Outcome sweep =
        run({"sweep", "--quiet", "--data", data, "--model", "deep_gpcm", "--trials", "1", "--folds",
             "2", "--epochs", "1", "--out", path("out")});
    EXPECT_EQ(sweep.code, 0);
    EXPECT_EQ(sweep.err, "");
}

TEST_F(Commands, DoctorPasses) {
    const Outcome doctor = run({"doctor"});
    EXPECT_EQ(doctor.code, 0) << doctor.out;
    for (const char* words : {"threads", "instruction sets", "in use", "Highway", "passed"})
        EXPECT_NE(doctor.out.find(words), std::string::npos) << doctor.out;
}

TEST_F(Commands, ProfileHasEveryOperationAndTheMachinesRates) {
    const Outcome profile = run({"profile", "--data", simulated_data(), "--model", "deep_gpcm",
                                 "--set", "batch_size=8", "--epochs", "1"});
    EXPECT_EQ(profile.code, 0) << profile.err;
    for (const char* words : {"responses, 1 epoch after", "product ", "copy ", "functions ",
                              "\nmemory_scan_backward ", "\nlinear_forward ", "\nall "})
        EXPECT_NE(profile.out.find(words), std::string::npos) << words << profile.out;
    const Outcome fitted = run({"profile", "--data", simulated_data(), "--model", "gpcm"});
    EXPECT_EQ(fitted.code, 2);
    EXPECT_NE(fitted.err.find("gpcm: is fitted, not trained"), std::string::npos) << fitted.err;
}

TEST_F(Commands, ProfileOfASearchCountsTheEpochsOfItsTrials) {
    write(path("space.toml"), "[parameters.lr]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n");
    ASSERT_EQ(run(small_sweep(simulated_data(), "3", "2", "out")).code, 0);
    const Outcome profile =
        run({"profile", "--data", simulated_data(), "--study", path("out"), "--quiet"});
    EXPECT_EQ(profile.code, 0) << profile.err;
    EXPECT_EQ(profile.err, "");
    int epochs = 0;
    for (const search::Trial& trial : search::read_study(path("out/study.journal")).trials)
        for (const auto& fold : trial.folds)
            epochs += static_cast<int>(fold.size());
    for (const std::string& words :
         {fmt::format(": {} epochs of ", epochs), std::string(" by 3 trials"),
          std::string("\nseconds of the search "), std::string("\nmemory_scan_backward ")})
        EXPECT_NE(profile.out.find(words), std::string::npos) << words << profile.out;

    write(path("other.txt"), "2\n0,1\n0,1\n2\n1,0\n1,1\n");
    const Outcome other = run({"profile", "--data", path("other.txt"), "--study", path("out")});
    EXPECT_EQ(other.code, 2);
    EXPECT_NE(other.err.find("other.txt: isn't the data of the study"), std::string::npos)
        << other.err;
    const Outcome neither = run({"profile", "--data", simulated_data()});
    EXPECT_EQ(neither.code, 2);
    EXPECT_NE(neither.err.find("--model or --study is required"), std::string::npos) << neither.err;
}

TEST_F(Commands, ASweepTakesTheLongestNameThatDataCanHave) {
    const std::string name = "größe" + std::string(248, 'n');  // 255 bytes
    std::filesystem::rename(simulated_data(), path(name));
    write(path("space.toml"), "[parameters.lr]\nlow = 1e-3\nhigh = 1e-1\nlog = true\n");
    const Outcome outcome = run(small_sweep(path(name), "1", "1", "out"));
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    int reports = 0;
    for (const std::string& file : names_in(path("out")))
        if (file.starts_with("deep_gpcm_größennn")) ++reports;
    EXPECT_GE(reports, 2);
    EXPECT_EQ(run({"report", "--study", path("out"), "--out", path("again")}).code, 0);
}

}  // namespace
}  // namespace manygpcm::cli_test
