// Reading numbers out of a file that somebody else made, and saying what is wrong with them.
#include "data/input_text.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <new>
#include <vector>

#include "manygpcm/engine/dataset.h"
#include "manygpcm/engine/files.h"

namespace manygpcm {
namespace {

constexpr std::string_view gzip_mark = "\x1F\x8B";

/// What a gzip file holds, of any number of members.
std::string unpacked(std::string_view packed, const std::filesystem::path& file) {
    const auto refuse = [&](std::string_view what) {
        return InputError(fmt::format("{}: {}; expected a whole gzip file", file.string(), what));
    };
    constexpr int gzip_of_any_window = 16 + MAX_WBITS;
    constexpr std::size_t most_bytes = std::size_t{16} << 30;  // a small file can claim any number
    z_stream stream = {};
    if (inflateInit2(&stream, gzip_of_any_window) != Z_OK) throw std::bad_alloc();
    const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
    std::string text;
    std::vector<char> piece(std::size_t{1} << 20);
    while (!packed.empty()) {
        const auto given = static_cast<uInt>(std::min(packed.size(), std::size_t{1} << 30));
        // zlib doesn't write to its input.
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream.avail_in = given;
        int status = Z_OK;
        do {
            stream.next_out = reinterpret_cast<Bytef*>(piece.data());
            stream.avail_out = static_cast<uInt>(piece.size());
            status = inflate(&stream, Z_NO_FLUSH);
            text.append(piece.data(), piece.size() - stream.avail_out);
            if (text.size() > most_bytes) throw refuse("holds more than 16 GiB");
        } while (status == Z_OK && stream.avail_out == 0);
        packed.remove_prefix(given - stream.avail_in);
        if (status == Z_STREAM_END) {
            if (inflateReset(&stream) != Z_OK) throw refuse("can't be unpacked");
            if (!packed.starts_with(gzip_mark)) return text;   // some pad the end
        } else if (status != Z_OK && status != Z_BUF_ERROR) {  // the latter: no more to be had
            throw refuse("is damaged");
        } else if (packed.empty()) {
            throw refuse("is cut off or damaged");
        }
    }
    return text;
}

}  // namespace

std::string read_input_text(const std::filesystem::path& file, StopFlag stop) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF", zip_archive = "PK\x03\x04";
    std::string text = read_file(file, stop);
    if (text.starts_with(gzip_mark)) text = unpacked(text, file);
    const auto refuse = [&](std::string_view what) {
        throw InputError(fmt::format("{}: {}", file.string(), what));
    };
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        refuse("is in UTF-16; expected UTF-8");
    if (text.starts_with(zip_archive))
        refuse("is a workbook or another zip archive; expected text, such as CSV");
    if (text.find('\0') != std::string::npos)
        refuse("has zero bytes, as UTF-16 and binary files do; expected text in UTF-8");
    if (text.find_first_not_of(" \t\r\n") == std::string::npos)
        refuse("the file is empty; expected learners and their answers");
    if (text.find('\r') != std::string::npos && text.find('\n') == std::string::npos)
        refuse("lines end with CR alone; expected LF or CRLF line ends");
    return text;
}

InputError error_at(const std::filesystem::path& file, int line, std::string_view message) {
    return InputError(fmt::format("{}:{}: {}", file.string(), line, message));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(trimmed(line));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::vector<std::string_view> split(std::string_view line, std::string_view marks) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = line.find_first_of(marks);
        parts.push_back(trimmed(line.substr(0, end)));
        if (end == line.npos) return parts;
        line.remove_prefix(end + 1);
    }
}

std::optional<double> parse_number(std::string_view text, char decimal_mark) {
    std::string number(trimmed(text));
    if (decimal_mark != '.') std::ranges::replace(number, decimal_mark, '.');
    double value = 0;
    const char* end_of_text = number.data() + number.size();
    const auto [end, error] = std::from_chars(number.data(), end_of_text, value);
    if (error != std::errc() || end != end_of_text || !std::isfinite(value)) return std::nullopt;
    return value;
}

namespace {

/// The value of a few digits, as nearly every id is; none of anything else.
std::optional<std::int32_t> value_of_digits(std::string_view text) {
    constexpr std::size_t most = 9;  // they fit
    if (text.empty() || text.size() > most) return std::nullopt;
    std::int32_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = 10 * value + (c - '0');
    }
    return value;
}

}  // namespace

std::optional<std::int32_t> parse_id(std::string_view text, int limit, char decimal_mark) {
    if (const auto value = value_of_digits(text); value && *value < limit) return value;
    text = trimmed(text);
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        const auto number = parse_number(text, decimal_mark);
        if (!number || *number < 0 || *number >= limit || *number != std::floor(*number))
            return std::nullopt;
        value = static_cast<std::int32_t>(*number);
    }
    if (value < 0 || value >= limit) return std::nullopt;
    return value;
}

std::int32_t parse_category(std::string_view text, const std::filesystem::path& file, int line,
                            char decimal_mark) {
    if (const auto category = parse_id(text, max_categories, decimal_mark)) return *category;
    const auto number = parse_number(text, decimal_mark);
    const bool whole = number && *number == std::floor(*number);
    throw error_at(file, line,
                   fmt::format("category {}; expected an integer from 0 to {}{}", shown(text),
                               max_categories - 1,
                               whole ? ": leave out what stands for a missing answer" : ""));
}

std::optional<std::string> plain_number(std::string_view text, char decimal_mark) {
    constexpr std::string_view digits = "0123456789";
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const std::size_t mark = std::min(text.find(decimal_mark), text.size());
    std::string_view whole = text.substr(0, mark);
    std::string_view decimals = text.substr(std::min(mark + 1, text.size()));
    const auto all_digits = [&](std::string_view part) {
        return part.find_first_not_of(digits) == part.npos;
    };
    if (whole.empty() || !all_digits(whole) || !all_digits(decimals)) return std::nullopt;
    whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
    decimals = decimals.substr(0, decimals.find_last_not_of('0') + 1);
    const bool zero = whole == "0" && decimals.empty();
    return fmt::format("{}{}{}{}", negative && !zero ? "-" : "", whole, decimals.empty() ? "" : ".",
                       decimals);
}

}  // namespace manygpcm
