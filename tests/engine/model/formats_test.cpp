// Model files of every format that there was predict as they did (data/formats/README.md).
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/numbers_from.h"

namespace manygpcm {
namespace {

TEST(Formats, AModelOfFormat1PredictsAsItDid) {
    const std::filesystem::path directory = MANYGPCM_TEST_DATA "/formats/1";
    const Model model = load_model(directory / "attn_gpcm_learn.safetensors");
    const Dataset dataset =
        read_dataset_for_model(directory / "data/test.txt", model.config.n_questions,
                               model.config.n_categories, model.question_ids);
    const std::vector<int> which = numbers_from(0, static_cast<int>(dataset.train.size()));
    const Predictions predictions = predict(model, dataset.train, which);
    std::istringstream csv(read_file(directory / "attn_gpcm_learn.csv"));
    std::string line;
    std::getline(csv, line);
    std::size_t row = 0;
    for (; std::getline(csv, line); ++row) {
        std::istringstream fields(line);
        std::string field;
        for (int i = 0; i < 4; ++i)  // learner, step, question, response
            std::getline(fields, field, ',');
        for (std::size_t k = 0; k < 3; ++k) {
            std::getline(fields, field, ',');
            ASSERT_LT(3 * row + k, predictions.probabilities.size());
            EXPECT_NEAR(predictions.probabilities[3 * row + k], std::stof(field), 1e-5) << row;
        }
    }
    EXPECT_EQ(3 * row, predictions.probabilities.size());
    EXPECT_GT(row, 20u);
}

}  // namespace
}  // namespace manygpcm
