// JSON is parsed as far as the bound on its nesting, and refused before it is parsed beyond.
#include "manygpcm/engine/detail/json_text.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/expect_input_error.h"

namespace manygpcm {
namespace {

std::string nested(int depth) {
    const auto n = static_cast<std::size_t>(depth);
    std::string text;
    for (std::size_t i = 0; i < n; ++i)
        text += i % 2 == 0 ? "[" : "{\"a\":";
    text += "0";
    for (std::size_t i = n; i-- > 0;)
        text += i % 2 == 0 ? "]" : "}";
    return text;
}

TEST(JsonText, IsReadToTheBoundOfItsNestingAndNotBeyond) {
    EXPECT_EQ(parse_json(nested(deepest_json), "a.json").dump(), nested(deepest_json));
    for (const int depth : {deepest_json + 1, 300'000})
        expect_input_error([&] { parse_json(nested(depth), "a.json:3"); },
                           {"a.json:3: nested deeper than 100 levels; expected"});
}

TEST(JsonText, CountsNoBracketsInStringsAndNoneThatAreClosed) {
    const std::string brackets(1000, '[');
    EXPECT_EQ(parse_json(R"(["\"\\\")" + brackets + R"(", {}])", "a")[0], "\"\\\"" + brackets);
    std::string list = "[0";
    for (int i = 0; i < 1000; ++i)
        list += ",[]";
    EXPECT_EQ(parse_json(list + "]", "a").size(), 1001u);
}

TEST(JsonText, SaysWhereANumberIsThatNoDoubleHolds) {
    const auto refuses = [](const std::string& text, const std::string& what) {
        expect_input_error([&] { parse_json(text, "a.json"); },
                           {"a.json: " + what + "; expected a number that a double can hold"});
    };
    refuses("1e400", "the number is 1e400");
    refuses(R"({"a": [1, {"b": 2}, "x"], "c": {"d": [[0], [1, null, -1e309]]}})",
            "c.d[1][2] is -1e309");
    EXPECT_EQ(parse_json("[1e308, 1e-400, 123456789012345678901234567890]", "a").size(), 3u);
    EXPECT_TRUE(parse_json("[1, x, 1e400]", "a").is_discarded());
}

TEST(JsonText, IsDiscardedWhereItIsNone) {
    EXPECT_TRUE(parse_json("{", "a").is_discarded());
}

}  // namespace
}  // namespace manygpcm
