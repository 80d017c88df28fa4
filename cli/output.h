// How results are written: metrics as a table, notices on stderr.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manygpcm/engine/metrics.h"

namespace manygpcm::cli {

/// A number as text, "-" where it isn't finite: a table has no inf or nan.
/// @param width to fill with blanks from the left  @param decimals after the point
std::string number_field(double value, int width, int decimals);

/// The scalar metrics, one a line: name, value; each thing once.
/// @param qwk_fitted quadratic weighted kappa of a model's cut points
std::string metrics_table(const Metrics& metrics, std::optional<double> qwk_fitted = {});

/// Columns of a table with the metrics that are shown in brief: their names, and their values.
std::string brief_titles(int n_categories);
std::string brief_values(const Metrics& metrics);

/// Prints what a command says that writes to `outs`: to stdout, but to stderr where one is that.
void print_beside(const std::vector<std::filesystem::path>& outs, std::string_view text);

/// A text with the standard streams by these names instead of those that "-" stands for.
std::string with_streams_named(std::string text);

/// What the user should know, a line each on stderr.
void tell(const std::vector<std::string>& notices);
void tell_line(const std::string& notice);

}  // namespace manygpcm::cli
