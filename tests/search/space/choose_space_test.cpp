// What a user says of a sweep, as what is searched.
#include "manygpcm/search/choose_space.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/expect_input_error.h"
#include "manygpcm/engine/models.h"

namespace manygpcm::search {
namespace {

Settings chosen(const std::string& model, const std::string& space,
                const std::vector<std::string>& names) {
    Settings settings;
    choose_space(settings, model, space, names,
                 [](ModelKind kind) { return default_hyperparameters(kind); });
    return settings;
}

std::vector<std::string> searched(const Space& space) {
    std::vector<std::string> names;
    for (const Parameter& parameter : space.parameters())
        names.push_back(parameter.name);
    return names;
}

TEST(ChooseSpace, AModelIsSearchedOverItsOwnOrThePublishedSpace) {
    const ModelKind deep = parse_model("deep_gpcm");
    EXPECT_EQ(searched(chosen("deep_gpcm", "", {}).space), searched(search::default_space(deep)));
    EXPECT_EQ(searched(chosen("deep_gpcm", "published", {}).space),
              searched(search::published_space(deep)));
    EXPECT_EQ(chosen("deep_gpcm", "", {}).base.model, deep);
}

TEST(ChooseSpace, WhatIsChosenIsNotSearched) {
    const Settings settings = chosen("deep_gpcm", "", {"lr"});
    EXPECT_TRUE(chosen("deep_gpcm", "", {}).space.contains("lr"));
    EXPECT_FALSE(settings.space.contains("lr"));
    EXPECT_EQ(settings.space.parameters().size() + 1,
              chosen("deep_gpcm", "", {}).space.parameters().size());
}

TEST(ChooseSpace, AutoSearchesSeveralModelsAndNothingOfThemCanBeChosen) {
    const Settings settings = chosen(auto_name, "", {});
    EXPECT_TRUE(settings.space.contains(model_parameter));
    EXPECT_EQ(settings.bases().size(), settings.space.find(model_parameter).labels.size());
    expect_input_error([] { chosen(auto_name, "", {"lr"}); }, {"lr: model auto searches it"});
    expect_input_error([] { chosen(auto_name, "published", {}); }, {"space published"});
    expect_input_error([] { chosen("deep_gpc", "", {}); }, {"deep_gpc"});
}

}  // namespace
}  // namespace manygpcm::search
