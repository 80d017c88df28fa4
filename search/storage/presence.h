// Whether somebody else works on a trial.
#pragma once

#include "storage/open_study.h"

namespace manygpcm::search {

/// Whether another process that lives has the trial. One on another machine, or from before the
/// machine was started, can't be asked: it lives as long as it writes.
bool is_elsewhere(const OpenStudy& study, int trial);

}  // namespace manygpcm::search
