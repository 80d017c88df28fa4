// Writes the report of a study.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm {

/// The Markdown report: every section of report_sections.md. `generated` is the local time,
/// YYYY-MM-DD HH:MM:SS.
std::string markdown_report(const Study& study, const std::string& generated);

/// Writes <model>_<dataset>_hyperopt_report.md and ..._hyperopt_analysis.json into `out`; returns
/// their paths.
/// @throws InputError if they can't be written.
std::vector<std::filesystem::path> write_report(const Study& study,
                                                const std::filesystem::path& out);

}  // namespace manygpcm
