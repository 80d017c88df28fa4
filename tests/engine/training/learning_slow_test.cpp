// Whole training runs on the published dataset reach what the reference reaches (docs/model.md, the
// known numbers).
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "manygpcm/engine/files.h"
#include "manygpcm/engine/training.h"

namespace manygpcm {
namespace {

struct Case {
    ModelKind model;
    double qwk, cross_entropy;  // of the reference, same fold
};

class LearningSlow : public testing::TestWithParam<Case> {};

TEST_P(LearningSlow, ReachesTheReferenceOnTheFirstPublishedFold) {
    Dataset data = read_dataset(std::string(MANYGPCM_DATA) + "/synthetic_500_200_4");
    std::vector<Learner> learners = data.train;
    learners.insert(learners.end(), data.test.begin(), data.test.end());

    ReplicaSpec spec;
    // scikit-learn's KFold(5, shuffle=True, random_state=42), first fold of 500.
    spec.validation = nlohmann::json::parse(
                          read_file(std::string(MANYGPCM_TEST_DATA) + "/validation_fold_500.json"))
                          .get<std::vector<int>>();
    for (int i = 0; i < static_cast<int>(learners.size()); ++i)
        if (!std::binary_search(spec.validation.begin(), spec.validation.end(), i))
            spec.train.push_back(i);
    spec.hyperparameters.model =
        GetParam().model;  // the rest as by default: lr 0.002, dropout 0.1, 0.8 CE, 0.2 QWK
    spec.seed = 42;

    constexpr int epochs = 14;
    const std::vector<ReplicaSpec> specs{spec};
    const Metrics reached =
        train_replicas({learners, data.n_questions, data.n_categories}, specs, epochs, 1)[0]
            .epochs.back()
            .validation;
    EXPECT_NEAR(reached["qwk"], GetParam().qwk, 0.015);
    EXPECT_NEAR(reached["cross_entropy"], GetParam().cross_entropy, 0.015);
}

INSTANTIATE_TEST_SUITE_P(Models, LearningSlow,
                         testing::Values(Case{parse_model("deep_gpcm"), 0.651, 1.042},
                                         Case{parse_model("attn_gpcm_learn"), 0.638, 1.038}),
                         [](const auto& test) { return std::string(to_string(test.param.model)); });

}  // namespace
}  // namespace manygpcm
