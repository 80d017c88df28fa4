// Takes a text apart from the left; whatever is left over makes it no time.
#include "data/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace manygpcm {
namespace {

class Parts {
  public:
    explicit Parts(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }

    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// So many digits, which say at most `largest`.
    std::optional<int> digits(std::size_t n, int largest) {
        int value = 0;
        if (rest_.size() < n || !std::ranges::all_of(rest_.substr(0, n), is_digit)) return {};
        std::from_chars(rest_.data(), rest_.data() + n, value);
        if (value > largest) return {};
        rest_.remove_prefix(n);
        return value;
    }

    /// What follows a point, as a part of one.
    double fraction() {
        double value = 0;
        for (double digit = 0.1; !rest_.empty() && is_digit(rest_.front()); digit /= 10) {
            value += (rest_.front() - '0') * digit;
            rest_.remove_prefix(1);
        }
        return value;
    }

  private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    std::string_view rest_;
};

constexpr double minute = 60, hour = 3600, day = 24 * hour;

std::optional<double> take_date(Parts& parts) {
    using namespace std::chrono;
    const auto y = parts.digits(4, 9999);
    if (!y || !parts.take('-')) return {};
    const auto m = parts.digits(2, 12);
    if (!m || !parts.take('-')) return {};
    const auto d = parts.digits(2, 31);
    if (!d) return {};
    const year_month_day date(year{*y}, std::chrono::month{unsigned(*m)},
                              std::chrono::day{unsigned(*d)});
    if (!date.ok()) return {};
    return static_cast<double>(sys_days(date).time_since_epoch().count()) * day;
}

std::optional<double> take_time_of_day(Parts& parts) {
    const auto h = parts.digits(2, 24);
    if (!h || !parts.take(':')) return {};
    const auto m = parts.digits(2, 59);
    if (!m) return {};
    double seconds = *h * hour + *m * minute;
    if (parts.take(':')) {
        const auto s = parts.digits(2, 60);
        if (!s) return {};
        seconds += *s;
        if (parts.take('.') || parts.take(',')) seconds += parts.fraction();
    }
    return seconds;
}

/// What a zone is ahead of UTC.
std::optional<double> take_zone(Parts& parts) {
    if (parts.take('Z') || parts.done()) return 0;
    const double sign = parts.take('-') ? -1 : parts.take('+') ? 1 : 0;
    if (sign == 0) return {};
    const auto h = parts.digits(2, 23);
    if (!h) return {};
    const bool more = parts.take(':') || !parts.done();
    const auto m = more ? parts.digits(2, 59) : 0;
    if (!m) return {};
    return sign * (*h * hour + *m * minute);
}

}  // namespace

std::optional<double> parse_time(std::string_view text) {
    Parts parts(trimmed(text));
    const auto date = take_date(parts);
    if (!date || parts.done()) return date;
    if (!parts.take('T') && !parts.take(' ')) return {};
    const auto time = take_time_of_day(parts);
    if (!time) return {};
    const auto zone = take_zone(parts);
    if (!zone || !parts.done()) return {};
    return *date + *time - *zone;
}

double TimeColumn::read_any(std::string_view text, int line) {
    const auto number = parse_number(text, decimal_mark_);
    const auto time = number ? number : parse_time(text);
    if (!time)
        throw error_at(
            *file_, line,
            fmt::format("order or timestamp {}; expected a number, or a date and time as ISO "
                        "8601 has them: 2024-05-01, 2024-05-01T09:30:00, the latter with a "
                        "zone or without",
                        shown(text)));
    if (first_line_ == 0) {
        first_line_ = line;
        numbers_ = number.has_value();
    } else if (numbers_ != number.has_value()) {
        throw error_at(*file_, line,
                       fmt::format("order or timestamp {} is a {}, but line {} has a {}; "
                                   "expected numbers alone or dates alone",
                                   shown(text), number ? "number" : "date", first_line_,
                                   numbers_ ? "number" : "date"));
    }
    constexpr std::size_t size_of_date = 10;  // 2024-05-01
    const std::string_view dated = trimmed(text);
    if (!number && dated.size() > size_of_date) {
        const bool zone = dated.find_first_of("Z+-", size_of_date) != dated.npos;
        int& first = zone ? with_zone_ : without_zone_;
        if (first == 0) first = line;
    }
    return *time;
}

void TimeColumn::add(const TimeColumn& more) {
    if (first_line_ == 0) {
        *this = more;
        return;
    }
    if (with_zone_ == 0) with_zone_ = more.with_zone_;
    if (without_zone_ == 0) without_zone_ = more.without_zone_;
}

}  // namespace manygpcm
