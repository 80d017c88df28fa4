// Numbers as every text of the report has them: none is ever "nan" or "inf".
#pragma once

#include <string>

namespace manygpcm::report {

/// What isn't finite.
inline constexpr const char* not_a_number = "n/a";

/// `value`, of a known scale, with so many decimals; zero has no sign.
std::string fixed(double value, int decimals);

/// The same with its sign, also where that is "+".
std::string signed_fixed(double value, int decimals);

/// A fraction in percent, with a decimal.
std::string percent(double fraction);

/// `value`, of any scale, in six significant digits without zeros at the end; with an exponent from
/// 1e9 on and below 1e-4. The page's study.js does the same.
std::string significant(double value);

/// A score, or a difference of scores: QWK with four decimals, what a foreign study recorded in
/// significant digits.
std::string score_text(bool foreign, double value);

}  // namespace manygpcm::report
