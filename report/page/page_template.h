// The page without its figures, as report/page/build.mjs bundles it.
#pragma once

#include <string_view>

namespace manygpcm::report {

/// HTML with {{live}} and {{analysis}} once each, in that order. Empty where npm was missing.
std::string_view page_template();

}  // namespace manygpcm::report
