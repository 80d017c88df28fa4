// The figures of the report for other programs.
#pragma once

#include <string>

#include "manygpcm/engine/stop.h"
#include "manygpcm/search/study.h"

namespace manygpcm::report {

/// The analysis as JSON in one line, with "schema_version": 2. Its fields are documented in
/// docs/analysis_json.md. What isn't UTF-8 in a name is replaced.
/// @throws Interrupted where `stop` is set
std::string analysis_json(const search::Study& study, StopFlag stop = nullptr);

}  // namespace manygpcm::report
