// Several models as one space: what is searched of which, and what each is where it isn't.
#include "manygpcm/search/space_of_models.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/search/sampler.h"
#include "manygpcm/search/settings.h"

namespace manygpcm::search {
namespace {

Settings settings_of(SpaceOfModels all) {
    Settings settings;
    settings.base = all.bases.front();
    settings.further.assign(all.bases.begin() + 1, all.bases.end());
    settings.space = std::move(all.space);
    return settings;
}

/// The point of a model with every parameter at the middle of its values.
Point point_of(const Settings& settings, const std::string& model) {
    Point point;
    for (const Parameter& parameter : settings.space.parameters())
        point[parameter.name] = parameter.choices.empty() ? (parameter.low + parameter.high) / 2
                                                          : parameter.choices.front();
    const std::vector<std::string>& names = settings.space.find(model_parameter).labels;
    point[model_parameter] = static_cast<double>(std::ranges::find(names, model) - names.begin());
    return settings.space.settled(point);
}

std::vector<std::string> searched(const Settings& settings, const Point& point) {
    std::vector<std::string> names;
    for (const Parameter* parameter : settings.space.searched_at(point))
        names.push_back(parameter->name);
    std::ranges::sort(names);
    return names;
}

TEST(AutoSpace, SearchesOfEveryModelWhatItsOwnSpaceDoes) {
    const Settings settings = settings_of(auto_space(default_hyperparameters));
    EXPECT_EQ(settings.model_name(), auto_name);
    for (const ModelKind model : auto_models()) {
        const Point point = point_of(settings, std::string(to_string(model)));
        std::vector<std::string> expected = {model_parameter};
        const Space own =
            manygpcm::default_space(model).empty() ? Space() : search::default_space(model);
        for (const Parameter* parameter : own.searched_at(point))
            expected.push_back(parameter->name);
        std::ranges::sort(expected);
        EXPECT_EQ(searched(settings, point), expected) << to_string(model);

        const Hyperparameters h = settings.at(point), base = default_hyperparameters(model);
        EXPECT_EQ(h.model, model);
        const nlohmann::json values = to_json(h), defaults = to_json(base);
        for (const std::string_view name : hyperparameter_names())
            if (uses(model, name) && std::ranges::count(expected, name) == 0) {
                EXPECT_EQ(values.at(name), defaults.at(name)) << to_string(model) << " " << name;
            }
    }
}

class SpaceOfModelsFile : public testing::Test {
  protected:
    Settings read(const std::string& text) {
        write_file(path_, text);
        return settings_of(read_space_of_models(path_, default_hyperparameters));
    }
    void expect_error(const std::string& text, const std::string& what) {
        expect_input_error([&] { read(text); }, {path_.string() + ":" + what});
    }

    const TestDirectory directory_;
    const std::filesystem::path path_ = directory_.path() / "space.toml";
};

TEST_F(SpaceOfModelsFile, MeansForEachModelWhatItMeansForThatAlone) {
    const Settings settings = read(R"(
constraints = ["key_dim at_most value_dim"]

[parameters.lr]
low = 1e-4
high = 1e-2
log = true

[parameters.core]
choices = ["gru", "memory", "none"]

[parameters.value_dim]
choices = [50, 100]
when = [{ core = ["gru", "memory"] }, { model = ["deep_gpcm"] }]

[parameters.weight_decay]
low = 1e-3
high = 0.3
log = true
when = { optimizer = ["adamw"] }

[parameters.model]
choices = ["residual_gpcm", "deep_gpcm", "gpcm"]
)");
    const Space& space = settings.space;
    EXPECT_EQ(space.parameters().front().name, model_parameter);
    Point residual = point_of(settings, "residual_gpcm");
    EXPECT_EQ(searched(settings, residual),
              (std::vector<std::string>{"core", "lr", "model", "value_dim", "weight_decay"}));
    residual["core"] = 2;
    EXPECT_EQ(searched(settings, space.settled(residual)),
              (std::vector<std::string>{"core", "lr", "model", "weight_decay"}));
    EXPECT_EQ(settings.at(space.settled(residual)).value_dim, 100) << "its default";
    EXPECT_EQ(settings.at(residual).optimizer, Optimizer::adamw);

    const Point deep = point_of(settings, "deep_gpcm");
    EXPECT_EQ(searched(settings, deep), (std::vector<std::string>{"lr", "model", "value_dim"}))
        << "its optimizer is adam, and it has no core";
    EXPECT_EQ(settings.at(deep).weight_decay, 0);
    EXPECT_EQ(settings.at(deep).optimizer, Optimizer::adam);
    EXPECT_FALSE(space.feasible(deep)) << "its key_dim is 64, beside a value_dim of 50";
    EXPECT_TRUE(space.feasible(residual)) << "its key_dim is 32";
    const Point gpcm = point_of(settings, "gpcm");
    EXPECT_EQ(searched(settings, gpcm), (std::vector<std::string>{"lr", "model"}));
    EXPECT_TRUE(space.feasible(gpcm)) << "it has neither";
}

TEST_F(SpaceOfModelsFile, SearchesTheModelsOfAutoWhereItNamesNone) {
    const Settings settings = read("[parameters.lr]\nlow = 0.001\nhigh = 0.01\n");
    std::vector<std::string> names;
    for (const ModelKind model : auto_models())
        names.emplace_back(to_string(model));
    EXPECT_EQ(settings.space.find(model_parameter).labels, names);
    EXPECT_EQ(settings.space.parameters().size(), 2u);
}

TEST_F(SpaceOfModelsFile, NamesWhatIsWrongWithItsModels) {
    expect_error("[parameters]\nmodel = 3\n", "2: model = 3; expected a table with choices alone");
    expect_error("[parameters.model]\nchoices = [\"gpcm\"]\n",
                 "2: model: choices = [ 'gpcm' ]; expected an array of two or more (--model "
                 "chooses a single one)");
    expect_error("[parameters.model]\nchoices = [\"gpcm\", \"auto\"]\n",
                 "2: model: choices: 'auto'; expected some of deep_gpcm, ");
    expect_error("[parameters.model]\nchoices = [\"gpcm\", \"gpcm\"]\n",
                 "2: model: 'gpcm' twice; expected different choices");
    expect_error(
        "[parameters.model]\nchoices = [\"gpcm\", \"gru_gpcm\"]\n"
        "[parameters.lr]\nlow = 0.1\nhigh = 1\nwhen = { model = [\"dkt\"] }\n",
        "6: model=dkt: expected one of deep_gpcm, ");
}

TEST(SpaceOfModels, UnitesWhatModelsSearchOverOtherValues) {
    const auto range = [](const char* name, double low, double high, bool log) {
        return Parameter{.name = name, .low = low, .high = high, .log = log, .choices = {}};
    };
    const auto choices = [](const char* name, std::vector<double> values) {
        return Parameter{.name = name, .kind = Parameter::Kind::choice, .choices = values};
    };
    Parameter core{.name = "core",
                   .kind = Parameter::Kind::choice,
                   .choices = {0, 1},
                   .labels = {"none", "gru"}};
    Parameter width = choices("value_dim", {50, 100});
    width.condition = Condition("core", {1}, 100);
    const std::vector<Space> spaces = {
        Space({range("lr", 0.001, 0.01, true), choices("batch_size", {8, 32}),
               choices("dropout_rate", {0, 0.2})}),
        Space({range("lr", 0.0001, 0.005, true), choices("batch_size", {16, 32}),
               range("dropout_rate", 0.1, 0.6, false), core, width})};
    const SpaceOfModels all =
        space_of_models({default_hyperparameters(parse_model("deep_gpcm")),
                         default_hyperparameters(parse_model("residual_gpcm"))},
                        spaces);
    const Parameter& lr = all.space.find("lr");
    EXPECT_FALSE(lr.condition) << "all models search it";
    EXPECT_EQ(lr.low, 0.0001);
    EXPECT_EQ(lr.high, 0.01);
    EXPECT_TRUE(lr.log);
    EXPECT_EQ(all.space.find("batch_size").choices, (std::vector<double>{8, 16, 32}));
    EXPECT_EQ(all.space.find("batch_size").high, 32);
    const Parameter& dropout = all.space.find("dropout_rate");
    EXPECT_EQ(dropout.kind, Parameter::Kind::real);
    EXPECT_EQ(dropout.low, 0);
    EXPECT_EQ(dropout.high, 0.6);
    EXPECT_EQ(all.space.find("value_dim").condition->any_of,
              (std::vector<std::vector<Requirement>>{{{"model", {1}}, {"core", {1}}}}));
    EXPECT_EQ(all.space.find("value_dim").condition->otherwise, (std::vector<double>{128, 100}));
}

TEST(SpaceOfModels, EveryModelIsTriedFirstAtItsOwnValues) {
    const Settings settings = settings_of(auto_space(default_hyperparameters));
    const std::vector<Point> first = settings.first_points();
    ASSERT_EQ(first.size(), auto_models().size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        const ModelKind model = auto_models()[i];
        const Hyperparameters h = settings.at(first[i]), base = default_hyperparameters(model);
        EXPECT_EQ(h.model, model);
        if (model == parse_model("residual_gpcm")) {
            EXPECT_EQ(h, base);
        }
        if (model == parse_model("gru_gpcm")) {
            EXPECT_EQ(h.value_dim, 150) << "128 isn't among the choices";
            EXPECT_EQ(h.lr, base.lr);
        }
    }
    for (const std::string_view name : sampler_names()) {
        const auto whole = make_sampler(name, settings.space, 7, first);
        const std::vector<Point> asked = whole->ask(15);
        EXPECT_TRUE(std::ranges::equal(first, std::span(asked).first(first.size()))) << name;
        EXPECT_EQ(std::set<Point>(asked.begin(), asked.end()).size(), asked.size()) << name;
        for (const std::size_t taken : {1, 5, 12}) {
            const auto resumed = make_sampler(name, settings.space, 7, first);
            for (std::size_t i = 0; i < taken; ++i)
                resumed->adopt(asked[i]);
            EXPECT_EQ(resumed->next_point(), asked[taken]) << name << " after " << taken;
        }
    }
    EXPECT_TRUE(Settings().first_points().empty()) << "of one model the sampler begins";
}

TEST(SpaceOfModels, AModelWithoutParametersIsAskedOnce) {
    const Settings settings = settings_of(space_of_models(
        {default_hyperparameters(parse_model("deep_gpcm")),
         default_hyperparameters(parse_model("gpcm"))},
        std::vector<Space>{Space({{.name = "lr", .low = 0.001, .high = 0.01, .choices = {}}}),
                           Space()}));
    for (const std::string_view name : sampler_names()) {
        const auto sampler = make_sampler(name, settings.space, 1, settings.first_points());
        int of_gpcm = 0;
        for (int i = 0; i < 30; ++i) {
            const Point point = sampler->ask(1).front();
            const bool is_gpcm = settings.at(point).model == parse_model("gpcm");
            of_gpcm += is_gpcm ? 1 : 0;
            // The best of all: TPE would come back to it for ever.
            sampler->tell({.point = point, .score = is_gpcm ? 1 : point.at("lr"), .epochs = 1});
        }
        EXPECT_EQ(of_gpcm, 1) << name;
    }
}

}  // namespace
}  // namespace manygpcm::search
