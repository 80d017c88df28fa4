// Model files: what is written follows the safetensors format byte by byte, and whatever doesn't
// fit is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/expect_input_error.h"
#include "engine/test_directory.h"
#include "manygpcm/engine/detail/hyperparameters_json.h"
#include "manygpcm/engine/files.h"
#include "manygpcm/engine/model.h"
#include "manygpcm/engine/models.h"

namespace manygpcm {
namespace {

using Json = nlohmann::json;

Model small_model(ModelKind kind = parse_model("attn_gpcm_learn")) {
    Model model;
    Hyperparameters& h = model.config.hyperparameters;
    h.model = kind;
    h.memory_size = 3;
    h.key_dim = 5;
    h.value_dim = 7;
    h.final_fc_dim = 4;
    h.embed_dim = 8;
    h.n_heads = 2;
    h.n_cycles = 1;
    h.lr = 0.00123456789;
    model.config.n_questions = 3;
    model.config.n_categories = 4;
    model.parameters = initial_parameters(model.config, 1, 0, 0);
    model.cut_points = {0.5, 1.25, 2.5};
    model.question_ids = {"a", "b \"quoted\"", "c, \xC3\xA9"};
    model.mean_alpha = {0.5, std::numeric_limits<double>::quiet_NaN(), 1.25};
    model.category_counts = {4, 0, 7, 1, 0, 0, 0, 0, 16'777'216, 2, 3, 4};
    return model;
}

/// The parts of a file, read by hand as the format's description has it.
struct Parts {
    Json header;
    std::string data;

    explicit Parts(const std::filesystem::path& file) {
        const std::string content = read_file(file);
        std::uint64_t length = 0;
        for (std::size_t i = 8; i-- > 0;)
            length = length << 8 | static_cast<unsigned char>(content.at(i));
        header = Json::parse(content.substr(8, length));
        data = content.substr(8 + length);
    }

    std::string file() const {
        const std::string text = header.dump();
        std::string content;
        for (std::size_t i = 0; i < 8; ++i)
            content += static_cast<char>(text.size() >> (8 * i) & 0xff);
        return content + text + data;
    }
};

TEST(ModelFile, IsReadBackAlike) {
    const TestDirectory directory;
    const Json defaults = to_json(Hyperparameters());
    for (const auto kind : all_models()) {
        const Model model = small_model(kind);
        save_model(model, directory.path() / "m.safetensors");
        const Model back = load_model(directory.path() / "m.safetensors");
        const Json written = to_json(model.config.hyperparameters);
        const Json read = to_json(back.config.hyperparameters);
        for (const auto& [name, value] : read.items())
            EXPECT_EQ(value, uses(kind, name) ? written.at(name) : defaults.at(name)) << name;
        EXPECT_EQ(back.config.n_questions, 3);
        EXPECT_EQ(back.config.n_categories, 4);
        EXPECT_EQ(back.parameters, model.parameters);
        EXPECT_EQ(back.question_ids, model.question_ids);
        EXPECT_EQ(back.mean_alpha[0], 0.5);
        EXPECT_TRUE(std::isnan(back.mean_alpha[1]));
        EXPECT_EQ(back.mean_alpha[2], 1.25);
        EXPECT_EQ(back.category_counts, model.category_counts);
        EXPECT_EQ(back.cut_points, model.cut_points);
    }
}

TEST(ModelFile, FollowsTheSafetensorsFormat) {
    const TestDirectory directory;
    const Model model = small_model();
    save_model(model, directory.path() / "m.safetensors");
    const std::string content = read_file(directory.path() / "m.safetensors");
    EXPECT_EQ(content.at(8), '{');
    const Parts parts(directory.path() / "m.safetensors");
    EXPECT_EQ((content.size() - parts.data.size()) % 8,
              0u);  // tensors may be mapped where they lie

    const Json& metadata = parts.header["__metadata__"];
    for (const auto& [name, value] : metadata.items())
        EXPECT_TRUE(value.is_string()) << name;
    EXPECT_EQ(metadata["format"], "manygpcm");
    const Json config = Json::parse(metadata["config"].get<std::string>());
    EXPECT_EQ(config["format"], 1);
    EXPECT_EQ(config["model"], "attn_gpcm_learn");
    EXPECT_EQ(config["lr"], 0.00123456789);
    EXPECT_EQ(config["n_questions"], 3);
    EXPECT_EQ(config["n_categories"], 4);
    EXPECT_EQ(config["question_ids"][2], "c, \xC3\xA9");

    // Every tensor has the bytes that its shape says, and together they tile the data.
    std::map<std::size_t, std::size_t> ranges;
    for (const auto& [name, entry] : parts.header.items()) {
        if (name == "__metadata__") continue;
        EXPECT_EQ(entry["dtype"], "F32");
        const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
        std::size_t size = 4;
        for (const std::size_t n : entry["shape"])
            size *= n;
        EXPECT_EQ(end - begin, size) << name;
        ranges[begin] = end;
    }
    std::size_t position = 0;
    for (const auto& [begin, end] : ranges) {
        EXPECT_EQ(begin, position);
        position = end;
    }
    EXPECT_EQ(position, parts.data.size());

    const ParameterLayout layout(model.config);
    const std::size_t key_offset = layout.find("memory.key").offset;
    float first = 0;
    std::memcpy(
        &first,
        parts.data.data() + parts.header["memory.key"]["data_offsets"][0].get<std::size_t>(), 4);
    EXPECT_EQ(first, model.parameters[key_offset]);
}

TEST(ModelFile, TakesAModelWithoutTextIdsMeanAlphaAndCounts) {
    const TestDirectory directory;
    Model model = small_model();
    model.question_ids.clear();
    model.mean_alpha.clear();
    model.category_counts.clear();
    save_model(model, directory.path() / "m.safetensors");
    const Model back = load_model(directory.path() / "m.safetensors");
    EXPECT_TRUE(back.question_ids.empty());
    EXPECT_TRUE(back.category_counts.empty());
    ASSERT_EQ(back.mean_alpha.size(), 3u);
    EXPECT_TRUE(std::isnan(back.mean_alpha[0]));  // never seen, as far as anybody knows
}

std::filesystem::path saved_model(const TestDirectory& directory, const Model& model) {
    const auto file = directory.path() / "m.safetensors";
    save_model(model, file);
    return file;
}

TEST(LoadModel, RefusesContentThatIsNotWhatTheChecksumIsOf) {
    const TestDirectory directory;
    const Parts whole(saved_model(directory, small_model()));
    const auto edit_config = [](Parts& parts) {
        std::string config = parts.header["__metadata__"]["config"];
        const std::string before = "\"n_heads\":2";
        config.replace(config.find(before), before.size(), "\"n_heads\":4");
        parts.header["__metadata__"]["config"] = config;
    };
    const auto flip_a_bit = [](Parts& parts) { parts.data[100] ^= 1; };
    const auto swap_tensors = [](Parts& parts) {  // of one shape
        std::swap(parts.header["memory.add.weight"], parts.header["memory.erase.weight"]);
    };
    const auto change_the_checksum = [](Parts& parts) {
        parts.header["__metadata__"]["checksum"] = "0123456789abcdef";
    };
    for (const std::function<void(Parts&)>& edit : std::vector<std::function<void(Parts&)>>{
             edit_config, flip_a_bit, swap_tensors, change_the_checksum}) {
        Parts parts = whole;
        edit(parts);
        const auto edited = directory.write("edited", parts.file());
        expect_input_error([&] { load_model(edited); },
                           {edited.string() + ": its checksum is that of other content",
                            "expected it as it was written", "take checksum out of its metadata"});
        parts.header["__metadata__"].erase("checksum");
        EXPECT_NO_THROW(load_model(directory.write("edited", parts.file())));
    }
}

// As another tool may write it that changed nothing.
TEST(LoadModel, TakesTensorsInAnyPlace) {
    const TestDirectory directory;
    const Model model = small_model();
    Parts parts(saved_model(directory, model));
    std::string data;
    for (auto& [name, entry] : parts.header.items()) {
        if (name == "__metadata__") continue;
        const std::size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
        entry["data_offsets"] = {data.size(), data.size() + end - begin};
        data += parts.data.substr(begin, end - begin);
    }
    ASSERT_NE(data, parts.data);
    parts.data = data;
    EXPECT_EQ(load_model(directory.write("sorted", parts.file())).parameters, model.parameters);
}

// How it was trained, and what it doesn't have, nobody needs to know to use a model.
TEST(LoadModel, TakesAConfigThatNamesOnlyWhatTheModelUses) {
    const TestDirectory directory;
    for (const auto kind : {parse_model("deep_gpcm"), parse_model("attn_gpcm_linear")}) {
        const Model model = small_model(kind);
        Parts parts(saved_model(directory, model));
        Json config = {{"model", to_string(kind)}, {"memory_size", 3},  {"key_dim", 5},
                       {"value_dim", 7},           {"final_fc_dim", 4}, {"n_questions", 3},
                       {"n_categories", 4}};
        const auto load = [&] {
            parts.header["__metadata__"] = {{"config", config.dump()}};
            return load_model(directory.write("short", parts.file()));
        };
        Hyperparameters expected = model.config.hyperparameters;
        expected.lr = Hyperparameters().lr;
        if (kind == parse_model("deep_gpcm")) {
            expected.embed_dim = Hyperparameters().embed_dim;
            expected.n_heads = Hyperparameters().n_heads;
            expected.n_cycles = Hyperparameters().n_cycles;
        } else {
            expect_input_error(load, {"embed_dim is missing in the config"});
            config.update({{"embed_dim", 8}, {"n_heads", 2}, {"n_cycles", 1}});
        }
        const Model read = load();
        EXPECT_EQ(read.config.hyperparameters, expected);
        EXPECT_EQ(read.parameters, model.parameters);
    }
}

TEST(ModelFile, NamesWhatTheModelUsesAlone) {
    const TestDirectory directory;
    const Parts parts(saved_model(directory, small_model(parse_model("deep_gpcm"))));
    const Json config = Json::parse(parts.header["__metadata__"]["config"].get<std::string>());
    for (const std::string_view name : hyperparameter_names())
        EXPECT_EQ(config.contains(name), uses(parse_model("deep_gpcm"), name)) << name;
    EXPECT_FALSE(config.contains("n_heads"));
}

// A model that somebody trained stays readable, and says what it said.
TEST(LoadModel, ReadsTheFileOfAnEarlierVersionForEver) {
    const Model model = load_model(MANYGPCM_TEST_DATA "/model.safetensors");
    EXPECT_EQ(model.config.hyperparameters.model, parse_model("attn_gpcm_learn"));
    EXPECT_EQ(model.config.hyperparameters.n_heads, 2);
    EXPECT_EQ(model.question_ids.size(), 8u);
    EXPECT_EQ(model.question_ids[7], "i7");
    EXPECT_NEAR(model.mean_alpha[7], 0.565388799, 1e-6);
    const std::vector<std::int64_t> of_question_1(model.category_counts.begin() + 4,
                                                  model.category_counts.begin() + 8);
    EXPECT_EQ(of_question_1, (std::vector<std::int64_t>{1, 3, 0, 0}));
    const Predictions said =
        predict(model, std::vector<Learner>{{"p0", {7, 3}, {2, 2}}}, std::vector{0});
    const std::vector<float> expected = {0.135198995F, 0.160565972F, 0.295640945F,  0.408594102F,
                                         0.735998273F, 0.169378117F, 0.0647189617F, 0.029904617F};
    ASSERT_EQ(said.probabilities.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(said.probabilities[i], expected[i], 1e-5) << i;
}

// As files were before they had a checksum and counts.
TEST(LoadModel, ReadsAFileWithoutAChecksum) {
    const Model model = load_model(MANYGPCM_TEST_DATA "/absurd_weights.safetensors");
    EXPECT_EQ(model.config.n_questions, 5);
    EXPECT_TRUE(model.category_counts.empty());
}

TEST(LoadModel, RefusesEveryTruncation) {
    const TestDirectory directory;
    save_model(small_model(), directory.path() / "m.safetensors");
    const std::string content = read_file(directory.path() / "m.safetensors");
    for (std::size_t size = 0; size < content.size(); size += size < 16 ? 1 : 97) {
        const auto file =
            directory.write("cut.safetensors", std::string_view(content).substr(0, size));
        expect_input_error([&] { load_model(file); }, {file.string(), "expected"});
    }
}

struct Damage {
    std::string name;
    std::function<void(Parts&)> damage;
    std::vector<std::string> parts;  ///< of the message
};

void PrintTo(const Damage& damage, std::ostream* out) {
    *out << damage.name;
}

/// Changes the configuration inside the metadata.
std::function<void(Parts&)> config_change(std::function<void(Json&)> change) {
    return [change = std::move(change)](Parts& parts) {
        Json& text = parts.header["__metadata__"]["config"];
        Json config = Json::parse(text.get<std::string>());
        change(config);
        text = config.dump();
    };
}

class DamagedModel : public testing::TestWithParam<Damage> {};

TEST_P(DamagedModel, IsRefused) {
    const TestDirectory directory;
    save_model(small_model(), directory.path() / "m.safetensors");
    Parts parts(directory.path() / "m.safetensors");
    parts.header["__metadata__"].erase("checksum");  // whose message would be the only one
    GetParam().damage(parts);
    const auto file = directory.write("damaged.safetensors", parts.file());
    std::vector<std::string> expected = GetParam().parts;
    expected.push_back(file.string());
    expect_input_error([&] { load_model(file); }, expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedModel,
    testing::Values(
        Damage{"HeaderIsNoObject",
               [](Parts& p) { p.header = Json::array(); },
               {"isn't a safetensors file"}},
        Damage{"NoMetadata", [](Parts& p) { p.header.erase("__metadata__"); }, {"no config"}},
        Damage{
            "NoConfig", [](Parts& p) { p.header["__metadata__"].erase("config"); }, {"no config"}},
        Damage{"ConfigIsNoText",
               [](Parts& p) { p.header["__metadata__"]["config"] = 1; },
               {"no config"}},
        Damage{"ConfigIsNoJson",
               [](Parts& p) { p.header["__metadata__"]["config"] = "{"; },
               {"config isn't a JSON"}},
        Damage{"ConfigLacksAHyperparameter",
               config_change([](Json& c) { c.erase("key_dim"); }),
               {"key_dim is missing"}},
        Damage{"ConfigOutOfRange",
               config_change([](Json& c) { c["n_cycles"] = 9; }),
               {"n_cycles=9", "1 to 8"}},
        Damage{"HeadsDontDivide",
               config_change([](Json& c) { c["n_heads"] = 3; }),
               {"n_heads=3", "divisor"}},
        Damage{"FormatOfTheFuture",
               config_change([](Json& c) { c["format"] = 2; }),
               {"format 2 is newer than this program", "expected 1 or less"}},
        Damage{"FormatIsNoNumber",
               config_change([](Json& c) { c["format"] = "new"; }),
               {"format in the config is '\"new\"'", "expected an integer"}},
        Damage{"CutPointsOfFewerCategories",
               config_change([](Json& c) {
                   c["cut_points"] = {0.5, 1.5};
               }),
               {"cut_points", "expected 3 ascending numbers from 0 to 3"}},
        Damage{"CutPointsDescend",
               config_change([](Json& c) {
                   c["cut_points"] = {0.5, 1.5, 1.4};
               }),
               {"cut_points", "ascending"}},
        Damage{"CutPointsBeyondTheCategories",
               config_change([](Json& c) {
                   c["cut_points"] = {0.5, 1.5, 3.5};
               }),
               {"cut_points", "from 0 to 3"}},
        Damage{"CutPointIsNoNumber",
               config_change([](Json& c) {
                   c["cut_points"] = {0.5, "1", 2};
               }),
               {"cut_points", "expected 3"}},
        Damage{"ConfigLacksQuestions",
               config_change([](Json& c) { c.erase("n_questions"); }),
               {"n_questions", "missing"}},
        Damage{"OneCategory",
               config_change([](Json& c) { c["n_categories"] = 1; }),
               {"n_categories", "2 to 100"}},
        Damage{"QuestionsAreNoInteger",
               config_change([](Json& c) { c["n_questions"] = "3"; }),
               {"n_questions", "\"3\""}},
        Damage{"TooFewIds",
               config_change([](Json& c) { c["question_ids"].erase(0); }),
               {"question_ids", "3 texts"}},
        Damage{"IdsAreNoTexts",
               config_change([](Json& c) { c["question_ids"][0] = 1; }),
               {"question_ids", "3 texts"}},
        Damage{"ConfigOfAHugeModel",
               config_change([](Json& c) { c["memory_size"] = 1024; }),
               {"shape [3,5]", "[1024,5]"}},
        Damage{"MissingTensor",
               [](Parts& p) {
                   p.header["item.other"] = p.header["memory.key"];
                   p.header.erase("memory.key");
               },
               {"item.other", "unknown"}},
        Damage{"MissingTensors",
               config_change([](Json& c) { c["n_cycles"] = 2; }),
               {"refine.1.", "missing"}},
        Damage{"UnknownTensors",
               config_change([](Json& c) { c["model"] = "deep_gpcm"; }),
               {"unknown"}},
        Damage{"WrongShape",
               [](Parts& p) {
                   p.header["memory.key"]["shape"] = {5, 3};
               },
               {"memory.key", "[5,3]", "[3,5]"}},
        Damage{"WrongType",
               [](Parts& p) { p.header["memory.key"]["dtype"] = "F16"; },
               {"memory.key", "F16", "F32"}},
        Damage{"NoShape",
               [](Parts& p) { p.header["memory.key"].erase("shape"); },
               {"memory.key", "shape"}},
        Damage{"EntryIsNoObject",
               [](Parts& p) { p.header["memory.key"] = 1; },
               {"memory.key", "expected dtype"}},
        Damage{"OffsetsAreNoPair",
               [](Parts& p) { p.header["memory.key"]["data_offsets"] = {1}; },
               {"'memory.key' lies", "[1]"}},
        Damage{"OffsetsNegative",
               [](Parts& p) {
                   p.header["memory.key"]["data_offsets"] = {-4, 56};
               },
               {"memory.key"}},
        Damage{"OffsetsReversed",
               [](Parts& p) {
                   p.header["memory.key"]["data_offsets"] = {60, 0};
               },
               {"memory.key"}},
        Damage{"OffsetsBeyondTheData",
               [](Parts& p) {
                   p.header["memory.key"]["data_offsets"] = {0, p.data.size() + 1};
               },
               {"memory.key", "two offsets"}},
        Damage{"Overlap",
               [](Parts& p) {
                   Json& offsets = p.header["memory.key"]["data_offsets"];
                   offsets = {offsets[0].get<int>() - 4, offsets[1].get<int>() - 4};
               },
               {"memory.key", "begins at"}},
        Damage{"SameRange",
               [](Parts& p) {
                   p.header["memory.add.bias"]["data_offsets"] =
                       p.header["memory.erase.bias"]["data_offsets"];
               },
               {"memory.add.bias", "memory.erase.bias", "overlap"}},
        Damage{"RangeSmallerThanShape",
               [](Parts& p) {
                   // The tensor that lies last gives up its last four bytes.
                   for (auto& [name, entry] : p.header.items())
                       if (name != "__metadata__" && entry["data_offsets"][1] == p.data.size())
                           entry["data_offsets"][1] = p.data.size() - 4;
                   p.data.resize(p.data.size() - 4);
               },
               {"bytes", "as its shape says"}},
        Damage{"TrailingBytes", [](Parts& p) { p.data += "left"; }, {"4 bytes follow"}},
        Damage{"WeightIsNan",
               [](Parts& p) {
                   const float nan = std::numeric_limits<float>::quiet_NaN();
                   std::memcpy(
                       p.data.data() + p.header["memory.key"]["data_offsets"][0].get<std::size_t>(),
                       &nan, 4);
               },
               {"memory.key", "isn't finite"}},
        Damage{"MeanAlphaIsInfinite",
               [](Parts& p) {
                   const float infinity = std::numeric_limits<float>::infinity();
                   std::memcpy(
                       p.data.data() +
                           p.header["item.mean_alpha"]["data_offsets"][0].get<std::size_t>(),
                       &infinity, 4);
               },
               {"item.mean_alpha", "infinite", "expected"}},
        Damage{"CountIsNegative",
               [](Parts& p) {
                   const float minus_one = -1;
                   std::memcpy(
                       p.data.data() +
                           p.header["item.category_counts"]["data_offsets"][0].get<std::size_t>(),
                       &minus_one, 4);
               },
               {"item.category_counts", "no count", "expected"}}),
    [](const auto& test) { return test.param.name; });

TEST(LoadModel, RefusesAHeaderThatIsNoJson) {
    const TestDirectory directory;
    const auto file = directory.write("m", std::string("\x04\0\0\0\0\0\0\0{{{{", 12));
    expect_input_error([&] { load_model(file); }, {file.string(), "isn't a JSON object"});
}

TEST(LoadModel, RefusesAHeaderOrConfigNestedTooDeep) {
    const TestDirectory directory;
    const std::string deep(100'000, '[');
    const std::uint64_t length = deep.size() + 5;
    std::string content(reinterpret_cast<const char*>(&length), sizeof length);
    const auto header = directory.write("m", content + "{\"a\":" + deep);
    expect_input_error([&] { load_model(header); },
                       {header.string() + ": the header: nested deeper than 100 levels"});
    save_model(small_model(), directory.path() / "m.safetensors");
    Parts parts(directory.path() / "m.safetensors");
    parts.header["__metadata__"] = {{"config", deep}};
    const auto config = directory.write("config", parts.file());
    expect_input_error([&] { load_model(config); },
                       {config.string() + ": the config: nested deeper than 100 levels"});
}

TEST(LoadModel, RefusesAHeaderThatIsCutOff) {
    const TestDirectory directory;
    const auto file = directory.write("m", std::string("\x08\0\0\0\0\0\0\0{}", 10));
    expect_input_error([&] { load_model(file); },
                       {file.string(), "cut off in the header, which has 8 bytes, the file 10"});
}

// Their first eight bytes say how long a header is to follow: longer than any.
TEST(LoadModel, SaysOfOtherFilesThatTheyAreNoModel) {
    const TestDirectory directory;
    for (const std::string content :
         {"3\n0,1,2\n1,0,1\n", "student,item,score\na,b,1\n", "{\"a\": {{\"b\": 1}}", "short",
          "[1, 2, 3{}", "\xff\xff\xff\xff\xff\xff\xff\xff{}"}) {
        const auto file = directory.write("m", content);
        expect_input_error(
            [&] { load_model(file); },
            {file.string() + ": isn't a safetensors file; expected a model that manygpcm train or "
                             "sweep wrote"});
    }
    const auto empty = directory.write("empty", "");
    expect_input_error([&] { load_model(empty); }, {empty.string() + ": is empty; expected a mo"});
}

}  // namespace
}  // namespace manygpcm
