// The C interface from C++: what each function does, and how each kind of fault ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <climits>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "manygpcm.h"
#include "manygpcm/engine/detail/temporary_directory.h"

namespace manygpcm::testing {
namespace {

using ::testing::HasSubstr;

struct Free {
    void operator()(manygpcm_context* p) const { manygpcm_context_free(p); }
    void operator()(manygpcm_dataset* p) const { manygpcm_dataset_free(p); }
    void operator()(manygpcm_model* p) const { manygpcm_model_free(p); }
    void operator()(manygpcm_study* p) const { manygpcm_study_free(p); }
    void operator()(char* p) const { manygpcm_text_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// What a function makes. Where it fails, nothing is made and the test fails.
template <class T, class Make>
Owned<T> made(const Make& make) {
    T* handle = nullptr;
    EXPECT_EQ(make(&handle), MANYGPCM_OK) << manygpcm_last_error();
    return Owned<T>(handle);
}

template <class T>
manygpcm_array array_of(const std::vector<T>& values) {
    constexpr manygpcm_type type = std::is_same_v<T, std::int32_t>   ? MANYGPCM_INT32
                                   : std::is_same_v<T, std::int64_t> ? MANYGPCM_INT64
                                   : std::is_same_v<T, float>        ? MANYGPCM_FLOAT32
                                                                     : MANYGPCM_FLOAT64;
    return {values.data(), type, static_cast<std::int64_t>(values.size()), sizeof(T)};
}

/// 40 learners' answers to 6 questions of 3 categories; the better learners have higher numbers.
struct Answers {
    std::vector<std::int64_t> learner;
    std::vector<std::int32_t> question;
    std::vector<double> response;

    explicit Answers(int learners = 40) {
        for (int step = 0; step < 12; ++step)  // as a log has them: by time, learners mixed
            for (int i = 0; i < learners; ++i) {
                const int q = (7 * step + 5 * i) % 6;
                learner.push_back(1000 + i);
                question.push_back(q);
                response.push_back((3 * i / learners + (step + q + i) % 2) % 3);
            }
    }
};

Owned<manygpcm_dataset> dataset_of(const Answers& answers) {
    return made<manygpcm_dataset>([&](manygpcm_dataset** d) {
        return manygpcm_dataset_create("answers", 0, 0, array_of(answers.learner),
                                       array_of(answers.question), array_of(answers.response), d);
    });
}

Owned<manygpcm_context> context() {
    return made<manygpcm_context>(manygpcm_context_create);
}

nlohmann::json json_of(const Owned<char>& text) {
    return nlohmann::json::parse(text.get());
}

constexpr const char* small_model =
    R"({"model": "deep_gpcm", "epochs": 3, "seed": 5, "hyperparameters":
        {"memory_size": 4, "key_dim": 8, "value_dim": 8, "lr": 0.01, "batch_size": 8}})";

// As the sanitizer of undefined behaviour sees it, too.
TEST(CInterface, EnumerationsOutOfRangeAreErrors) {
    const Answers answers;
    const auto dataset = dataset_of(answers);
    for (const int number : {-1, 2, 7, INT_MAX}) {
        const auto part = static_cast<manygpcm_part>(number);
        const char* learner = nullptr;
        EXPECT_EQ(manygpcm_dataset_learner(dataset.get(), part, 0, &learner), MANYGPCM_BAD_INPUT);
        EXPECT_EQ(manygpcm_last_error(),
                  fmt::format("part {}: expected MANYGPCM_TRAIN or MANYGPCM_TEST", number));
    }
    for (const int number : {-1, 5, 8, INT_MIN}) {
        manygpcm_array learners = array_of(answers.learner);
        learners.type = static_cast<manygpcm_type>(number);
        EXPECT_EQ(manygpcm_dataset_hold_out(dataset.get(), learners, array_of(answers.question),
                                            array_of(answers.response)),
                  MANYGPCM_BAD_INPUT);
        EXPECT_EQ(manygpcm_last_error(),
                  fmt::format("learner: type {}; expected one of manygpcm_type", number));
    }
}

TEST(CInterface, DatasetsOfArraysHaveTheCallersResponses) {
    const Answers answers;
    const auto dataset = dataset_of(answers);
    Answers held_out(5);
    for (std::int64_t& learner : held_out.learner)
        learner += 1000;
    ASSERT_EQ(manygpcm_dataset_hold_out(dataset.get(), array_of(held_out.learner),
                                        array_of(held_out.question), array_of(held_out.response)),
              MANYGPCM_OK);
    manygpcm_shape shape;
    ASSERT_EQ(manygpcm_dataset_shape(dataset.get(), &shape), MANYGPCM_OK);
    EXPECT_EQ(shape.n_questions, 6);
    EXPECT_EQ(shape.n_categories, 3);
    EXPECT_EQ(shape.n_learners, 40);
    EXPECT_EQ(shape.n_responses, 480);
    EXPECT_EQ(shape.n_test_learners, 5);
    EXPECT_EQ(shape.n_test_responses, 60);
}

TEST(CInterface, DatasetsGiveBackWhatTheyHold) {
    const auto dataset = made<manygpcm_dataset>([](manygpcm_dataset** d) {
        const std::vector<std::int32_t> learner = {7, 3, 7}, question = {0, 1, 1},
                                        response = {1, 0, 2};
        return manygpcm_dataset_create("three", 0, 0, array_of(learner), array_of(question),
                                       array_of(response), d);
    });
    std::vector<std::int32_t> learner(3), question(3), response(3);
    ASSERT_EQ(manygpcm_dataset_responses(dataset.get(), MANYGPCM_TRAIN, learner.data(),
                                         question.data(), response.data()),
              MANYGPCM_OK);
    EXPECT_THAT(learner, ::testing::ElementsAre(0, 0, 1));
    EXPECT_THAT(question, ::testing::ElementsAre(0, 1, 1));
    EXPECT_THAT(response, ::testing::ElementsAre(1, 2, 0));
    EXPECT_EQ(manygpcm_dataset_responses(dataset.get(), MANYGPCM_TRAIN, nullptr, nullptr, nullptr),
              MANYGPCM_OK);
    const char* id = nullptr;
    ASSERT_EQ(manygpcm_dataset_learner(dataset.get(), MANYGPCM_TRAIN, 1, &id), MANYGPCM_OK);
    EXPECT_STREQ(id, "3");
    EXPECT_EQ(manygpcm_dataset_learner(dataset.get(), MANYGPCM_TEST, 0, &id), MANYGPCM_BAD_INPUT);

    const std::vector<const char*> names = {"addition", "fractions"}, same = {"one", "one"};
    ASSERT_EQ(manygpcm_dataset_name_questions(dataset.get(), names.data(), 2), MANYGPCM_OK);
    const nlohmann::json described = json_of(
        made<char>([&](char** json) { return manygpcm_dataset_describe(dataset.get(), json); }));
    EXPECT_EQ(described["name"], "three");
    EXPECT_EQ(described["question_ids"], nlohmann::json({"addition", "fractions"}));
    EXPECT_EQ(manygpcm_dataset_name_questions(dataset.get(), names.data(), 1), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("1 name: expected 2"));
    EXPECT_EQ(manygpcm_dataset_name_questions(dataset.get(), same.data(), 2), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("names[1] = one"));
}

TEST(CInterface, ResponsesThatAreNotGivenYetArePredicted) {
    const auto ctx = context();
    const auto model = made<manygpcm_model>([&, data = dataset_of(Answers())](manygpcm_model** m) {
        return manygpcm_train(ctx.get(), data.get(), R"({"model": "gpcm"})", m);
    });
    const auto create_for = [&](const std::vector<std::int32_t>& learner,
                                const std::vector<std::int32_t>& question,
                                const std::vector<std::int32_t>& response, manygpcm_dataset** d) {
        return manygpcm_dataset_create_for(model.get(), "next", array_of(learner),
                                           array_of(question), array_of(response), d);
    };
    // Of the second learner nothing is known; one category alone, as there is nothing to train.
    const auto dataset = made<manygpcm_dataset>([&](manygpcm_dataset** d) {
        return create_for({4, 9, 4, 4}, {0, 3, 1, 2}, {2, -1, 2, -1}, d);
    });
    std::vector<std::int32_t> response(4);
    ASSERT_EQ(manygpcm_dataset_responses(dataset.get(), MANYGPCM_TRAIN, nullptr, nullptr,
                                         response.data()),
              MANYGPCM_OK);
    EXPECT_THAT(response, ::testing::ElementsAre(2, 2, -1, -1));
    std::vector<float> probabilities(12), ability(4);
    ASSERT_EQ(manygpcm_predict(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN,
                               probabilities.data(), ability.data(), nullptr),
              MANYGPCM_OK);

    // Every question as the next one: those that are asked are predicted alike.
    struct Heard {
        std::vector<manygpcm_next_questions> calls;
        std::vector<float> probabilities;
    } heard;
    const auto collect = [](const manygpcm_next_questions* next, void* all) {
        auto& to = *static_cast<Heard*>(all);
        to.calls.push_back(*next);
        to.probabilities.insert(to.probabilities.end(), next->probabilities,
                                next->probabilities + next->n_questions * 3);
        EXPECT_GT(next->ability_deviation[0], 0);
        EXPECT_GT(next->discrimination[0], 0);
        return 0;
    };
    ASSERT_EQ(manygpcm_predict_next(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN, collect,
                                    &heard),
              MANYGPCM_OK);
    ASSERT_EQ(heard.calls.size(), 2u);
    EXPECT_EQ(heard.calls[1].learner, 1);
    EXPECT_EQ(heard.calls[1].n_questions, 6);
    ASSERT_EQ(heard.probabilities.size(), 36u);
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(heard.probabilities[2 * 3 + k], probabilities[2 * 3 + k]);
        EXPECT_EQ(heard.probabilities[6 * 3 + 3 * 3 + k], probabilities[3 * 3 + k]);
    }

    std::vector<double> after(2), deviation(2);
    ASSERT_EQ(manygpcm_abilities(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN,
                                 after.data(), deviation.data()),
              MANYGPCM_OK);
    EXPECT_NEAR(after[0], ability[2], 1e-6);
    EXPECT_GT(after[0], after[1]);
    EXPECT_LT(deviation[0], deviation[1]);
    EXPECT_EQ(manygpcm_abilities(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN,
                                 after.data(), nullptr),
              MANYGPCM_OK);

    const auto stop = [](const manygpcm_next_questions*, void* calls) {
        return ++*static_cast<int*>(calls);
    };
    int calls = 0;
    EXPECT_EQ(
        manygpcm_predict_next(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN, stop, &calls),
        MANYGPCM_INTERRUPTED);
    EXPECT_EQ(calls, 1);

    manygpcm_dataset* refused = nullptr;
    EXPECT_EQ(create_for({4, 4}, {0, 1}, {-1, 2}, &refused), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("response[0] = -1: of learner '4'"));
    EXPECT_EQ(create_for({4, 4}, {0, 6}, {1, 2}, &refused), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("question[1] = 6: expected a whole number from 0 "
                                                 "to 5"));
    manygpcm_model* untrained = nullptr;
    EXPECT_EQ(manygpcm_train(ctx.get(), dataset.get(), small_model, &untrained),
              MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("learner '4' has a question without a response"));
    const auto unknown =
        made<manygpcm_dataset>([&](manygpcm_dataset** d) { return create_for({4}, {0}, {-1}, d); });
    char* json = nullptr;
    EXPECT_EQ(manygpcm_evaluate(ctx.get(), model.get(), unknown.get(), MANYGPCM_TRAIN, &json),
              MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("no responses in this part"));
    EXPECT_EQ(manygpcm_dataset_hold_out(unknown.get(), array_of(response), array_of(response),
                                        array_of(response)),
              MANYGPCM_BAD_INPUT);
}

TEST(CInterface, ALastQuestionWithoutAnAnswerIsPredictedAndNotScored) {
    const TemporaryDirectory directory("test");
    const std::string file = (directory.path() / "next.csv").string();
    std::ofstream(file) << "student,item,score\nana,0,2\nana,1,1\nana,2,\nbo,3,0\n";
    const auto model = made<manygpcm_model>([&, data = dataset_of(Answers())](manygpcm_model** m) {
        return manygpcm_train(context().get(), data.get(), R"({"model": "gpcm"})", m);
    });
    const auto dataset = made<manygpcm_dataset>([&](manygpcm_dataset** d) {
        return manygpcm_dataset_read_for(context().get(), model.get(), file.c_str(), d);
    });
    manygpcm_shape shape;
    ASSERT_EQ(manygpcm_dataset_shape(dataset.get(), &shape), MANYGPCM_OK);
    ASSERT_EQ(shape.n_responses, 4);
    std::vector<std::int32_t> response(4);
    ASSERT_EQ(manygpcm_dataset_responses(dataset.get(), MANYGPCM_TRAIN, nullptr, nullptr,
                                         response.data()),
              MANYGPCM_OK);
    EXPECT_THAT(response, ::testing::ElementsAre(2, 1, -1, 0));
    std::vector<float> probabilities(13, -1);
    ASSERT_EQ(manygpcm_predict(context().get(), model.get(), dataset.get(), MANYGPCM_TRAIN,
                               probabilities.data(), nullptr, nullptr),
              MANYGPCM_OK);
    EXPECT_NEAR(probabilities[6] + probabilities[7] + probabilities[8], 1, 1e-5);
    EXPECT_EQ(probabilities[12], -1);
    const nlohmann::json metrics = json_of(made<char>([&](char** json) {
        return manygpcm_evaluate(context().get(), model.get(), dataset.get(), MANYGPCM_TRAIN, json);
    }));
    const double expected =
        -(std::log(probabilities[2]) + std::log(probabilities[4]) + std::log(probabilities[9])) / 3;
    EXPECT_NEAR(metrics["cross_entropy"], expected, 1e-5);
}

TEST(CInterface, ADatasetOfOtherQuestionsIsNotPredicted) {
    const auto named = [](std::vector<const char*> names) {
        auto dataset = dataset_of(Answers());
        EXPECT_EQ(manygpcm_dataset_name_questions(dataset.get(), names.data(), 6), MANYGPCM_OK);
        return dataset;
    };
    const auto ours = named({"a", "b", "c", "d", "e", "f"});
    const auto theirs = named({"a", "c", "b", "d", "e", "f"});
    const auto model = made<manygpcm_model>([&](manygpcm_model** m) {
        return manygpcm_train(context().get(), ours.get(), R"({"model": "gpcm"})", m);
    });
    std::vector<float> probabilities(480 * 3);
    const auto predict = [&](const Owned<manygpcm_dataset>& dataset) {
        return manygpcm_predict(context().get(), model.get(), dataset.get(), MANYGPCM_TRAIN,
                                probabilities.data(), nullptr, nullptr);
    };
    EXPECT_EQ(predict(ours), MANYGPCM_OK);
    EXPECT_EQ(predict(theirs), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("question 1 is 'c'; expected the model's 'b'"));
}

TEST(CInterface, CrossValidatesOnEveryPart) {
    const auto dataset = dataset_of(Answers());
    const nlohmann::json folds = json_of(made<char>([&](char** json) {
        return manygpcm_crossvalidate(context().get(), dataset.get(),
                                      R"({"model": "gpcm", "folds": 4})", json);
    }));
    ASSERT_EQ(folds.size(), 4u);
    for (const auto& fold : folds)
        EXPECT_EQ(fold["n"], 120);
    EXPECT_NE(folds[0]["cross_entropy"], folds[1]["cross_entropy"]);
    char* json = nullptr;
    EXPECT_EQ(manygpcm_crossvalidate(context().get(), dataset.get(), R"({"folds": 41})", &json),
              MANYGPCM_BAD_INPUT);
}

TEST(CInterface, StridesSkipAndGoBackwards) {
    // A column of a table, from the last row to the first: responses 0, 1 of learner 1.
    const std::vector<std::int32_t> table = {1, 4, 1, 1, 3, 0};  // learner, question, response
    const auto column = [&](int of) {
        return manygpcm_array{&table[static_cast<std::size_t>(3 + of)], MANYGPCM_INT32, 2,
                              -3 * static_cast<std::int64_t>(sizeof(std::int32_t))};
    };
    const auto dataset = made<manygpcm_dataset>([&](manygpcm_dataset** d) {
        return manygpcm_dataset_create("table", 0, 0, column(0), column(1), column(2), d);
    });
    manygpcm_shape shape;
    ASSERT_EQ(manygpcm_dataset_shape(dataset.get(), &shape), MANYGPCM_OK);
    EXPECT_EQ(shape.n_learners, 1);
    EXPECT_EQ(shape.n_questions, 5);
    EXPECT_EQ(shape.n_categories, 2);
}

TEST(CInterface, SaysWhichNumberOfAnArrayIsWrong) {
    struct Case {
        std::vector<double> response;
        const char* complaint;
    };
    for (const Case& c :
         {Case{{0, 1.5}, "response[1] = 1.5: expected a whole number from 0 to 99"},
          Case{{NAN, 1}, "response[0] = nan: expected"},
          Case{{0, -1}, "response[1] = -1: expected"},
          Case{{0, 1e30}, "response[1] = 1e+30: expected"},
          Case{{0}, "arrays of 2 learners, 2 questions and 1 response; expected one size"}}) {
        manygpcm_dataset* dataset = nullptr;
        const std::vector<std::int64_t> learner = {7, 7};
        const std::vector<std::int32_t> question = {0, 1};
        EXPECT_EQ(manygpcm_dataset_create("bad", 0, 0, array_of(learner), array_of(question),
                                          array_of(c.response), &dataset),
                  MANYGPCM_BAD_INPUT);
        EXPECT_EQ(dataset, nullptr);
        EXPECT_THAT(manygpcm_last_error(), HasSubstr(c.complaint));
    }
}

struct Arrays {
    std::vector<std::int32_t> learner, question, response;
};

manygpcm_status create(const Arrays& arrays, manygpcm_dataset** dataset, int n_categories = 0) {
    return manygpcm_dataset_create("arrays", 0, n_categories, array_of(arrays.learner),
                                   array_of(arrays.question), array_of(arrays.response), dataset);
}

TEST(CInterface, ArraysAreCheckedAsFilesAre) {
    struct Case {
        Arrays arrays;
        const char* complaint;
    };
    const Arrays gap{{7, 8, 8}, {0, 1, 2}, {0, 3, 3}};
    for (const Case& c :
         {Case{{{7, 7}, {0, 1}, {1, 1}}, "response: every response is category 1; expected at"},
          Case{{{7, 7}, {4, 4}, {0, 1}}, "question: every answer is to question '4'; expected at"},
          Case{gap,
               "response[1]: category 3 of learner '8', the first of 2 such answers, though "
               "category 1 never occurs"},
          Case{gap, "or number them anew; or give n_categories"}}) {
        manygpcm_dataset* dataset = nullptr;
        EXPECT_EQ(create(c.arrays, &dataset), MANYGPCM_BAD_INPUT);
        EXPECT_EQ(dataset, nullptr);
        EXPECT_THAT(manygpcm_last_error(), HasSubstr(c.complaint));
    }
    const auto given =
        made<manygpcm_dataset>([&](manygpcm_dataset** dataset) { return create(gap, dataset, 5); });
    manygpcm_shape shape;
    ASSERT_EQ(manygpcm_dataset_shape(given.get(), &shape), MANYGPCM_OK);
    EXPECT_EQ(shape.n_categories, 5);
}

TEST(CInterface, LearnersHeldOutAreOthersAndMayShowMore) {
    const auto dataset = made<manygpcm_dataset>([&](manygpcm_dataset** d) {
        return create({{7, 7, 8}, {0, 1, 1}, {0, 1, 1}}, d);
    });
    const auto hold_out = [&](const Arrays& arrays) {
        return manygpcm_dataset_hold_out(dataset.get(), array_of(arrays.learner),
                                         array_of(arrays.question), array_of(arrays.response));
    };
    EXPECT_EQ(hold_out({{9, 9, 8}, {0, 1, 1}, {0, 1, 1}}), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(),
                HasSubstr("learner[2]: learner '8' is in the training part, too"));
    EXPECT_EQ(hold_out({{9, 9}, {0, 1}, {0, 3}}), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("response[1]: category 3 of learner '9'"));

    const auto described = [&] {
        return json_of(made<char>(
            [&](char** json) { return manygpcm_dataset_describe(dataset.get(), json); }));
    };
    ASSERT_EQ(hold_out({{9, 9, 9}, {0, 5, 6}, {0, 2, 1}}), MANYGPCM_OK) << manygpcm_last_error();
    manygpcm_shape shape;
    ASSERT_EQ(manygpcm_dataset_shape(dataset.get(), &shape), MANYGPCM_OK);
    EXPECT_EQ(shape.n_questions, 7);
    EXPECT_EQ(shape.n_categories, 3);
    const nlohmann::json notices = described()["notices"];
    ASSERT_EQ(notices.size(), 2u);
    EXPECT_THAT(notices[0], HasSubstr("question[1]: no training learner has 2 questions of the "
                                      "test learners (the first: '5')"));
    EXPECT_THAT(notices[1], HasSubstr("response[1]: no training learner has 1 category"));

    // In place of those before, whose notices and numbers go with them.
    ASSERT_EQ(hold_out({{9, 9}, {0, 1}, {0, 1}}), MANYGPCM_OK);
    EXPECT_EQ(described()["notices"], nlohmann::json::array());
    ASSERT_EQ(manygpcm_dataset_shape(dataset.get(), &shape), MANYGPCM_OK);
    EXPECT_EQ(shape.n_questions, 2);
    EXPECT_EQ(shape.n_test_responses, 2);
}

TEST(CInterface, LearnersMayBeTexts) {
    const std::vector<const char*> ana = {"ana", "bo", "ana"}, none = {"ana", nullptr, "bo"},
                                   empty = {"ana", "bo", ""};
    const std::vector<std::int32_t> question = {0, 1, 1}, response = {1, 0, 0};
    const auto create = [&](const std::vector<const char*>& learner, manygpcm_dataset** dataset) {
        return manygpcm_dataset_create("texts", 0, 0,
                                       {learner.data(), MANYGPCM_TEXT, 3, sizeof(const char*)},
                                       array_of(question), array_of(response), dataset);
    };
    const auto dataset =
        made<manygpcm_dataset>([&](manygpcm_dataset** d) { return create(ana, d); });
    manygpcm_shape shape;
    ASSERT_EQ(manygpcm_dataset_shape(dataset.get(), &shape), MANYGPCM_OK);
    EXPECT_EQ(shape.n_learners, 2);
    const char* id = nullptr;
    ASSERT_EQ(manygpcm_dataset_learner(dataset.get(), MANYGPCM_TRAIN, 1, &id), MANYGPCM_OK);
    EXPECT_STREQ(id, "bo");

    manygpcm_dataset* refused = nullptr;
    EXPECT_EQ(create(none, &refused), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("learner[1] is NULL; expected a text"));
    EXPECT_EQ(create(empty, &refused), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("learner[2] is empty"));
    EXPECT_EQ(manygpcm_dataset_create("texts", 0, 0, array_of(question),
                                      {ana.data(), MANYGPCM_TEXT, 3, sizeof(const char*)},
                                      array_of(response), &refused),
              MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("question: texts; expected numbers"));
}

TEST(CInterface, TrainsSavesLoadsAndPredicts) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    const auto model = made<manygpcm_model>([&](manygpcm_model** m) {
        return manygpcm_train(ctx.get(), dataset.get(), small_model, m);
    });
    const TemporaryDirectory directory("c-interface");
    const std::string file = (directory.path() / "model.safetensors").string();
    ASSERT_EQ(manygpcm_model_save(model.get(), file.c_str()), MANYGPCM_OK);
    const auto loaded = made<manygpcm_model>(
        [&](manygpcm_model** m) { return manygpcm_model_load(file.c_str(), m); });

    std::vector<float> first(480 * 3), second(480 * 3), ability(480), alpha(480);
    ASSERT_EQ(manygpcm_predict(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN, first.data(),
                               ability.data(), alpha.data()),
              MANYGPCM_OK);
    ASSERT_EQ(manygpcm_predict(ctx.get(), loaded.get(), dataset.get(), MANYGPCM_TRAIN,
                               second.data(), nullptr, nullptr),
              MANYGPCM_OK);
    EXPECT_EQ(first, second);
    for (std::size_t i = 0; i < 480; ++i) {
        EXPECT_NEAR(first[3 * i] + first[3 * i + 1] + first[3 * i + 2], 1, 1e-5);
        EXPECT_GT(alpha[i], 0);
    }

    char* text = nullptr;
    ASSERT_EQ(manygpcm_model_describe(loaded.get(), &text), MANYGPCM_OK);
    const nlohmann::json description = json_of(Owned<char>(text));
    EXPECT_EQ(description["model"], "deep_gpcm");
    EXPECT_EQ(description["hyperparameters"]["value_dim"], 8);
    EXPECT_EQ(description["n_questions"], 6);

    ASSERT_EQ(manygpcm_evaluate(ctx.get(), model.get(), dataset.get(), MANYGPCM_TRAIN, &text),
              MANYGPCM_OK);
    EXPECT_EQ(json_of(Owned<char>(text))["n"], 480);

    std::vector<double> discrimination(6), thresholds(12);
    ASSERT_EQ(manygpcm_items(ctx.get(), model.get(), discrimination.data(), thresholds.data()),
              MANYGPCM_OK);
    for (const double a : discrimination)
        EXPECT_GT(a, 0);
}

TEST(CInterface, WithoutEpochsTheBestIsKept) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    const auto model = made<manygpcm_model>([&](manygpcm_model** m) {
        return manygpcm_train(ctx.get(), dataset.get(), R"({"model": "residual_gpcm"})", m);
    });
    char* text = nullptr;
    ASSERT_EQ(manygpcm_model_describe(model.get(), &text), MANYGPCM_OK);
    EXPECT_EQ(json_of(Owned<char>(text))["model"], "residual_gpcm");
}

TEST(CInterface, ASweepNeedsNoFileAndGivesItsWinner) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    ASSERT_EQ(manygpcm_context_set_threads(ctx.get(), 2), MANYGPCM_OK);
    const auto study = made<manygpcm_study>([&](manygpcm_study** s) {
        return manygpcm_sweep(ctx.get(), dataset.get(),
                              R"({"model": "gru_gpcm", "trials": 3, "folds": 2, "epochs": 2,
                                  "hyperparameters": {"value_dim": 8, "key_dim": 8}})",
                              s);
    });
    const auto winner = made<manygpcm_model>(
        [&](manygpcm_model** m) { return manygpcm_study_winner(study.get(), m); });
    char* text = nullptr;
    ASSERT_EQ(manygpcm_model_describe(winner.get(), &text), MANYGPCM_OK);
    EXPECT_EQ(json_of(Owned<char>(text))["hyperparameters"]["value_dim"], 8);
    ASSERT_EQ(manygpcm_study_analysis(ctx.get(), study.get(), &text), MANYGPCM_OK);
    EXPECT_EQ(json_of(Owned<char>(text))["trials"].size(), 3u);
}

TEST(CInterface, AStudyOnRecordGoesOnAndIsReported) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    const TemporaryDirectory directory("c-interface");
    const auto sweep = [&](int trials) {
        const nlohmann::json configuration = {
            {"model", "gru_gpcm"},
            {"trials", trials},
            {"folds", 2},
            {"epochs", 2},
            {"study", (directory.path() / "study.journal").string()},
            {"weights", (directory.path() / "best.safetensors").string()}};
        return made<manygpcm_study>([&](manygpcm_study** s) {
            return manygpcm_sweep(ctx.get(), dataset.get(), configuration.dump().c_str(), s);
        });
    };
    std::vector<std::string> notices;
    manygpcm_context_set_notice(
        ctx.get(),
        [](const char* line, void* lines) {
            static_cast<std::vector<std::string>*>(lines)->emplace_back(line);
        },
        &notices);
    sweep(2);
    sweep(3);
    EXPECT_THAT(notices, ::testing::Contains(HasSubstr("going on with its 2 trials")));
    EXPECT_TRUE(std::filesystem::exists(directory.path() / "best.safetensors"));

    const std::string journal = (directory.path() / "study.journal").string();
    const auto study = made<manygpcm_study>([&](manygpcm_study** s) {
        return manygpcm_study_read(ctx.get(), journal.c_str(), nullptr, s);
    });
    ASSERT_EQ(manygpcm_report(ctx.get(), study.get(), directory.path().c_str()), MANYGPCM_OK)
        << manygpcm_last_error();
    EXPECT_TRUE(std::filesystem::exists(directory.path() / "gru_gpcm_answers_hyperopt_report.md"));
    manygpcm_model* none = nullptr;
    EXPECT_EQ(manygpcm_study_winner(study.get(), &none), MANYGPCM_BAD_INPUT);
}

TEST(CInterface, CallbacksSeeProgressAndMayStop) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    std::vector<manygpcm_progress> seen;
    manygpcm_context_set_progress(
        ctx.get(),
        [](const manygpcm_progress* progress, void* all) {
            auto& list = *static_cast<std::vector<manygpcm_progress>*>(all);
            list.push_back(*progress);
            return list.size() == 2 ? 1 : 0;
        },
        &seen);
    manygpcm_model* model = nullptr;
    EXPECT_EQ(manygpcm_train(ctx.get(), dataset.get(), small_model, &model), MANYGPCM_INTERRUPTED);
    EXPECT_EQ(model, nullptr);
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen[1].epochs_done, 2);
    EXPECT_EQ(seen[1].epochs, 3);
    EXPECT_DOUBLE_EQ(seen[0].fraction, 1.0 / 3);

    // It stays asked for until it is taken back.
    EXPECT_EQ(manygpcm_train(ctx.get(), dataset.get(), small_model, &model), MANYGPCM_INTERRUPTED);
    manygpcm_context_clear_stop(ctx.get());
    manygpcm_context_set_progress(ctx.get(), nullptr, nullptr);
    EXPECT_EQ(manygpcm_train(ctx.get(), dataset.get(), small_model, &model), MANYGPCM_OK);
    manygpcm_model_free(model);
}

TEST(CInterface, ASweepTellsOfTrialsAndMayBeStoppedByThem) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    struct Heard {
        std::vector<manygpcm_trial> over, promoted;
    } heard;
    manygpcm_context_set_trial(
        ctx.get(),
        [](const manygpcm_trial* trial, void* all) {
            static_cast<Heard*>(all)->over.push_back(*trial);
            return 0;
        },
        &heard);
    manygpcm_context_set_promotion(
        ctx.get(),
        [](const manygpcm_trial* trial, void* all) {
            static_cast<Heard*>(all)->promoted.push_back(*trial);
            return 1;
        },
        &heard);
    manygpcm_study* study = nullptr;
    EXPECT_EQ(
        manygpcm_sweep(ctx.get(), dataset.get(),
                       R"({"model": "gru_gpcm", "trials": 8, "folds": 2, "epochs": 8})", &study),
        MANYGPCM_INTERRUPTED);
    const Owned<manygpcm_study> owned(study);
    ASSERT_EQ(heard.promoted.size(), 1u);
    EXPECT_EQ(heard.promoted[0].epochs, 4);
    EXPECT_EQ(heard.promoted[0].state, MANYGPCM_TRIAL_RUNNING);
    EXPECT_TRUE(std::isfinite(heard.promoted[0].score));
    char* text = nullptr;
    EXPECT_EQ(manygpcm_study_analysis(ctx.get(), study, &text), MANYGPCM_INTERRUPTED);
    manygpcm_context_clear_stop(ctx.get());  // of the study as far as it is:
    ASSERT_EQ(manygpcm_study_analysis(ctx.get(), study, &text), MANYGPCM_OK)
        << manygpcm_last_error();
    EXPECT_GT(json_of(Owned<char>(text))["trials"].size(), 0u);

    manygpcm_context_set_promotion(ctx.get(), nullptr, nullptr);
    heard.over.clear();
    manygpcm_study* whole = nullptr;
    EXPECT_EQ(manygpcm_sweep(ctx.get(), dataset.get(),
                             R"({"model": "gru_gpcm", "trials": 3, "folds": 2, "epochs": 2,
                                 "scheduler": "fixed"})",
                             &whole),
              MANYGPCM_OK);
    const Owned<manygpcm_study> owned_whole(whole);
    ASSERT_EQ(heard.over.size(), 3u);
    for (const manygpcm_trial& trial : heard.over) {
        EXPECT_EQ(trial.state, MANYGPCM_TRIAL_COMPLETE);
        EXPECT_EQ(trial.epochs, 2);
    }
}

TEST(CInterface, TheCallersThreadsTrain) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    struct Hosts {
        std::atomic<int> calls = 0;
        std::thread::id thread, told;
    } hosts;
    manygpcm_context_set_executor(
        ctx.get(),
        [](int n, void (*work)(void*), void* state, void* user_data) {
            auto& all = *static_cast<Hosts*>(user_data);
            EXPECT_EQ(n, 1);
            std::thread host([&] {
                all.thread = std::this_thread::get_id();
                ++all.calls;
                work(state);
            });
            host.join();
        },
        &hosts);
    manygpcm_context_set_progress(
        ctx.get(),
        [](const manygpcm_progress*, void* user_data) {
            static_cast<Hosts*>(user_data)->told = std::this_thread::get_id();
            return 0;
        },
        &hosts);
    const auto model = made<manygpcm_model>([&](manygpcm_model** m) {
        return manygpcm_train(ctx.get(), dataset.get(), small_model, m);
    });
    EXPECT_EQ(hosts.calls, 1);
    EXPECT_EQ(hosts.told, hosts.thread);
}

TEST(CInterface, TwoSweepsRunSideBySideAsEachAlone) {
    const auto dataset = dataset_of(Answers());
    const auto analysis = [&](int seed) {
        const auto ctx = context();
        const std::string configuration = nlohmann::json{
            {"model", "gru_gpcm"},
            {"trials", 2},
            {"folds", 2},
            {"epochs", 2},
            {"seed", seed}}.dump();
        manygpcm_study* study = nullptr;
        EXPECT_EQ(manygpcm_sweep(ctx.get(), dataset.get(), configuration.c_str(), &study),
                  MANYGPCM_OK)
            << manygpcm_last_error();
        const Owned<manygpcm_study> owned(study);
        char* text = nullptr;
        EXPECT_EQ(manygpcm_study_analysis(ctx.get(), study, &text), MANYGPCM_OK);
        std::vector<double> scores;
        const nlohmann::json analysed = json_of(Owned<char>(text));
        for (const auto& trial : analysed["trials"])
            scores.push_back(trial["score"]);
        return scores;
    };
    const auto first = analysis(1), second = analysis(2);
    std::vector<double> beside;
    std::thread other([&] { beside = analysis(1); });
    EXPECT_EQ(analysis(2), second);
    other.join();
    EXPECT_EQ(beside, first);
}

TEST(CInterface, ConfigurationsAreRefusedInOneLine) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    struct Case {
        const char* configuration;
        const char* complaint;
    };
    for (const Case& c :
         {Case{"[1]", "configuration: '[1]': expected a JSON object"},
          Case{"{", "configuration: '{': expected a JSON object"},
          Case{R"({"epoch": 3})", "configuration: 'epoch': unknown (did you mean 'epochs'?)"},
          Case{R"({"epochs": 0})", "epochs = '0': expected a whole number from 1"},
          Case{R"({"epochs": 1e3})", "epochs = '1000.0': expected a whole number"},
          Case{R"({"model": 3})", "model = '3': expected a text"},
          Case{R"({"model": "a\u0000"})", "expected a text without NUL"},
          Case{R"({"model": "deep_gpc"})", "deep_gpc"},
          Case{R"({"hyperparameters": {"lr": -1}})", "lr"},
          Case{R"({"hyperparameters": {"learning": 1}})", "learning"},
          Case{R"({"hyperparameters": 3})", "hyperparameters = '3': expected an object"}}) {
        manygpcm_model* model = nullptr;
        EXPECT_EQ(manygpcm_train(ctx.get(), dataset.get(), c.configuration, &model),
                  MANYGPCM_BAD_INPUT)
            << c.configuration;
        EXPECT_EQ(model, nullptr);
        EXPECT_THAT(manygpcm_last_error(), HasSubstr(c.complaint));
        EXPECT_EQ(std::string(manygpcm_last_error()).find('\n'), std::string::npos);
    }
}

/// The names before the first full stop or bar, without what is in brackets; `before` first where
/// it is said that they are as another function's, or the same, and more.
std::vector<std::string> names_in(const std::string& text, const std::vector<std::string>& before) {
    std::vector<std::string> names;
    std::string name;
    int brackets = 0;
    for (const char c : text) {
        brackets += (c == '(') - (c == ')');
        if (brackets == 0 && ((c >= 'a' && c <= 'z') || c == '_')) {
            name += c;
            continue;
        }
        if (name == "and")
            names = before;
        else if (!name.empty())
            names.push_back(name);
        name.clear();
        if (brackets == 0 && (c == '.' || c == '|')) break;
    }
    if (!name.empty()) names.push_back(name);
    return names;
}

std::string text_of_file(const std::string& name) {
    std::ifstream file(std::string(MANYGPCM_SOURCE) + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(CInterface, MembersAreThoseThatAreDocumented) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    const char* const unknown = R"({"nonsense": 1})";
    const std::string header = text_of_file("library/include/manygpcm.h"),
                      docs = text_of_file("docs/library.md");
    std::vector<std::string> in_header, in_docs;
    const auto expect_documented = [&](const std::string& function, manygpcm_status status) {
        EXPECT_EQ(status, MANYGPCM_BAD_INPUT);
        const std::string error = manygpcm_last_error();
        const std::string expected = "expected ";
        const std::vector<std::string> known =
            names_in(error.substr(error.find(expected) + expected.size()), {});
        EXPECT_GE(known.size(), 4u) << error;
        const std::string members = "Members: ";
        const auto end = header.find("manygpcm_status " + function + "("),
                   begin = header.rfind(members, end) + members.size();
        in_header = names_in(header.substr(begin, end - begin), in_header);
        EXPECT_THAT(in_header, ::testing::UnorderedElementsAreArray(known)) << function;
        const std::string row = "| `" + function + "` | ";
        const auto at = docs.find(row) + row.size();
        in_docs = names_in(docs.substr(at, docs.find('\n', at) - at), in_docs);
        EXPECT_THAT(in_docs, ::testing::UnorderedElementsAreArray(known)) << function;
    };
    manygpcm_model* model = nullptr;
    char* json = nullptr;
    manygpcm_study* study = nullptr;
    expect_documented("manygpcm_train", manygpcm_train(ctx.get(), dataset.get(), unknown, &model));
    expect_documented("manygpcm_crossvalidate",
                      manygpcm_crossvalidate(ctx.get(), dataset.get(), unknown, &json));
    expect_documented("manygpcm_sweep", manygpcm_sweep(ctx.get(), dataset.get(), unknown, &study));
}

TEST(CInterface, NullIsRefusedWhereverAHandleIsExpected) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    manygpcm_model* model = nullptr;
    char* text = nullptr;
    float number = 0;
    double numbers[2];
    EXPECT_EQ(manygpcm_train(nullptr, dataset.get(), nullptr, &model), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("context is NULL"));
    EXPECT_EQ(manygpcm_train(ctx.get(), nullptr, nullptr, &model), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_train(ctx.get(), dataset.get(), nullptr, nullptr), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_dataset_read(ctx.get(), nullptr, nullptr), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_model_load(nullptr, &model), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_model_save(nullptr, "x"), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_model_describe(nullptr, &text), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_predict(ctx.get(), nullptr, dataset.get(), MANYGPCM_TRAIN, &number, nullptr,
                               nullptr),
              MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_items(ctx.get(), nullptr, numbers, numbers), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_study_analysis(ctx.get(), nullptr, &text), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_context_create(nullptr), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_context_set_threads(ctx.get(), 0), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_context_set_device(ctx.get(), "gpu"), MANYGPCM_BAD_INPUT);
    EXPECT_EQ(manygpcm_dataset_read(ctx.get(), "", nullptr), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("path is empty; expected a text"));
    const char* const names[6] = {"a", "b", nullptr, "d", "e", "f"};
    EXPECT_EQ(manygpcm_dataset_name_questions(dataset.get(), names, 6), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("names[2] is NULL; expected a text"));
    manygpcm_context_free(nullptr);
    manygpcm_dataset_free(nullptr);
    manygpcm_model_free(nullptr);
    manygpcm_study_free(nullptr);
    manygpcm_text_free(nullptr);
    manygpcm_stop(nullptr);
}

TEST(CInterface, AFilesNoticesAreToldAndKept) {
    const TemporaryDirectory directory("notices");
    const std::string file = (directory.path() / "a.csv").string();
    std::ofstream(file) << "student,item,score\nana,x,1\nbo,y,0\nbo,x,\n";
    const auto ctx = context();
    std::string told;
    manygpcm_context_set_notice(
        ctx.get(), [](const char* line, void* all) { *static_cast<std::string*>(all) += line; },
        &told);
    const auto dataset = made<manygpcm_dataset>(
        [&](manygpcm_dataset** d) { return manygpcm_dataset_read(ctx.get(), file.c_str(), d); });
    EXPECT_THAT(told, HasSubstr("a.csv:4: a row without a score, left out"));
    const nlohmann::json described = json_of(
        made<char>([&](char** json) { return manygpcm_dataset_describe(dataset.get(), json); }));
    EXPECT_EQ(described["notices"], nlohmann::json({told}));

    manygpcm_stop(ctx.get());
    manygpcm_dataset* none = nullptr;
    EXPECT_EQ(manygpcm_dataset_read(ctx.get(), file.c_str(), &none), MANYGPCM_INTERRUPTED);
    EXPECT_EQ(none, nullptr);
}

TEST(CInterface, FilesThatAreNoneAreNamed) {
    manygpcm_dataset* dataset = nullptr;
    EXPECT_EQ(manygpcm_dataset_read(context().get(), "/no/such/data", &dataset),
              MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("/no/such/data"));
    manygpcm_model* model = nullptr;
    EXPECT_EQ(manygpcm_model_load("/no/such/model", &model), MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("/no/such/model"));
}

TEST(CInterface, AModelIsNotAskedForWhatItDoesNotKnow) {
    const auto dataset = dataset_of(Answers());
    const auto ctx = context();
    const auto model = made<manygpcm_model>([&](manygpcm_model** m) {
        return manygpcm_train(ctx.get(), dataset.get(), small_model, m);
    });
    const std::vector<std::int32_t> learner = {1, 1}, question = {2, 9}, response = {0, 1};
    const auto other = made<manygpcm_dataset>([&](manygpcm_dataset** d) {
        return manygpcm_dataset_create("other", 0, 0, array_of(learner), array_of(question),
                                       array_of(response), d);
    });
    std::vector<float> probabilities(6);
    EXPECT_EQ(manygpcm_predict(ctx.get(), model.get(), other.get(), MANYGPCM_TRAIN,
                               probabilities.data(), nullptr, nullptr),
              MANYGPCM_BAD_INPUT);
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("expected at most the model's 6 and 3"));
}

TEST(CInterface, ErrorsAreAThreadsOwn) {
    manygpcm_model* model = nullptr;
    ASSERT_EQ(manygpcm_model_load("/no/such/model", &model), MANYGPCM_BAD_INPUT);
    std::string elsewhere = "?";
    std::thread([&] { elsewhere = manygpcm_last_error(); }).join();
    EXPECT_EQ(elsewhere, "");
    EXPECT_THAT(manygpcm_last_error(), HasSubstr("/no/such/model"));
}

}  // namespace
}  // namespace manygpcm::testing
