// Where in a JSON text a number stands that no double holds: the parser says only that there is
// one.
#include "manygpcm/engine/detail/json_text.h"

#include <fmt/format.h>

#include <cstddef>
#include <vector>

namespace manygpcm {
namespace {

using nlohmann::json;

/// Follows the parser through the text up to such a number.
class BeyondDouble : public nlohmann::json_sax<json> {
  public:
    const std::string& found() const { return found_; }

    bool null() override { return value(); }
    bool boolean(bool) override { return value(); }
    bool number_integer(number_integer_t) override { return value(); }
    bool number_unsigned(number_unsigned_t) override { return value(); }
    bool number_float(number_float_t, const string_t&) override { return value(); }
    bool string(string_t&) override { return value(); }
    bool binary(binary_t&) override { return value(); }
    bool start_object(std::size_t) override { return begin(false); }
    bool end_object() override { return end(); }
    bool start_array(std::size_t) override { return begin(true); }
    bool end_array() override { return end(); }
    bool key(string_t& name) override {
        levels_.back().key = name;
        return true;
    }
    bool parse_error(std::size_t, const std::string& token,
                     const nlohmann::detail::exception& error) override {
        if (dynamic_cast<const json::out_of_range*>(&error) != nullptr)
            found_ = fmt::format("{} is {}", place(), token);
        return false;
    }

  private:
    struct Level {
        bool is_array;
        std::size_t index = 0;
        std::string key = {};
    };

    bool begin(bool is_array) {
        levels_.push_back({is_array});
        return true;
    }
    bool end() {
        levels_.pop_back();
        return value();
    }
    bool value() {
        if (!levels_.empty()) ++levels_.back().index;
        return true;
    }
    /// As "threshold[3][0]".
    std::string place() const {
        std::string path;
        for (const Level& level : levels_)
            path += level.is_array ? fmt::format("[{}]", level.index)
                                   : fmt::format("{}{}", path.empty() ? "" : ".", level.key);
        return path.empty() ? "the number" : path;
    }

    std::vector<Level> levels_;
    std::string found_;
};

}  // namespace

std::string number_beyond_double(std::string_view text) {
    BeyondDouble reader;
    json::sax_parse(text, &reader);
    return reader.found();
}

}  // namespace manygpcm
