// The rules by which numbers become text.
#include "figures/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "manygpcm/report/report.h"

namespace manygpcm::report {
namespace {

bool all_zeros(const std::string& number) {
    return number.find_first_of("123456789") == number.npos;
}

/// Without zeros at the end of the decimals.
std::string trimmed(std::string number) {
    if (number.find('.') == number.npos) return number;
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
    return number;
}

}  // namespace

std::string fixed(double value, int decimals) {
    if (!std::isfinite(value)) return not_a_number;
    const std::string text = fmt::format("{:.{}f}", value, decimals);
    return text.starts_with('-') && all_zeros(text) ? text.substr(1) : text;
}

std::string signed_fixed(double value, int decimals) {
    const std::string text = fixed(value, decimals);
    return text == not_a_number || text.starts_with('-') ? text : '+' + text;
}

std::string percent(double fraction) {
    const std::string text = fixed(100 * fraction, 1);
    return text == not_a_number ? text : text + '%';
}

std::string significant(double value) {
    constexpr int digits = 6, lowest_exponent = -4, exponents_end = 9;
    if (!std::isfinite(value)) return not_a_number;
    if (value == 0) return "0";
    const std::string scientific = fmt::format("{:.{}e}", value, digits - 1);
    const std::size_t e = scientific.find('e');
    const int exponent = std::stoi(scientific.substr(e + 1));
    if (exponent >= lowest_exponent && exponent < exponents_end)
        return trimmed(fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent)));
    return trimmed(scientific.substr(0, e)) + scientific.substr(e);
}

std::string score_text(bool foreign, double value) {
    constexpr int decimals_of_qwk = 4;
    return foreign ? significant(value) : fixed(value, decimals_of_qwk);
}

std::string score_text(const search::Study& study, double value) {
    return score_text(study.foreign, value);
}

}  // namespace manygpcm::report
