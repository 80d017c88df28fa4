// Writes the report of a study.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "manygpcm/engine/stop.h"
#include "manygpcm/engine/work.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// The Markdown report, from the summary to the visualizations. `generated` is the local time,
/// YYYY-MM-DD HH:MM:SS; `visualizations` are the files beside the report, or why there are none.
std::string markdown_report(const search::Study& study, const std::string& generated,
                            const std::vector<std::string>& visualizations = {});

/// A score of the study as the report writes it: QWK with four decimals, what Optuna recorded in
/// six significant digits.
std::string score_text(const search::Study& study, double score);

/// All files that a report can have in `out`: MODEL_DATASET_hyperopt_report.md,
/// ..._hyperopt_analysis.json, ..._hyperopt_analysis.png, ..._detailed_parameters.png,
/// ..._items.png, ..._report.html, ..._items.csv; the two of items where there is a winner. What no
/// file's name may have is _ in it, and of long names there is as much as the file system of `out`
/// takes.
std::vector<std::filesystem::path> report_files(const std::string& model,
                                                const std::string& dataset,
                                                const std::filesystem::path& out);

/// Writes report_files() into `out`; returns the paths of those written. Pictures take gnuplot, the
/// page npm at build time: for what is left out, `left_out` is called with a line that says why.
/// `observer` hears how long it will take; either may be empty.
/// @throws InputError if they can't be written; Interrupted where `stop` is set: some of them may
/// be there then, each whole
std::vector<std::filesystem::path> write_report(
    const search::Study& study, const std::filesystem::path& out,
    const std::function<void(const std::string&)>& left_out = {}, StopFlag stop = nullptr,
    const std::function<void(const WorkState&)>& observer = {});

}  // namespace manygpcm::report
