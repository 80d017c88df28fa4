// The interactive report: one HTML page that holds its figures, its code and its chart library.
#pragma once

#include <string>
#include <string_view>

namespace manygpcm::report {

/// Whether the page was built into the program, which takes npm at build time.
bool page_built_in();

/// The page of `analysis`, an analysis_json(); a live one asks its server for /study.json now and
/// then and shows what is new. Empty where it isn't built in.
std::string page(std::string_view analysis, bool live = false);

}  // namespace manygpcm::report
