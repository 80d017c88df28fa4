// Writes the report of a study.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "manygpcm/search/study.h"

namespace manygpcm {

/// The Markdown report, from the summary to the next steps. `generated` is the local time,
/// YYYY-MM-DD HH:MM:SS.
std::string markdown_report(const Study& study, const std::string& generated);

/// The files of a report in `out`: <model>_<dataset>_hyperopt_report.md and
/// ..._hyperopt_analysis.json.
std::vector<std::filesystem::path> report_files(ModelKind model, const std::string& dataset,
                                                const std::filesystem::path& out);

/// Writes report_files() into `out`; returns their paths.
/// @throws InputError if they can't be written.
std::vector<std::filesystem::path> write_report(const Study& study,
                                                const std::filesystem::path& out);

}  // namespace manygpcm
