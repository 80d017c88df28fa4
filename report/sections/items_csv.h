// All items as a table to be computed with.
#pragma once

#include <string>

#include "figures/findings.h"

namespace manygpcm::report {

/// One row an item, docs/cli.md has the columns; empty where the study has no psychometrics.
std::string items_csv(const Findings& findings);

}  // namespace manygpcm::report
