// Whether somebody else works on a trial.
#pragma once

#include "storage/journal_study.h"

namespace manygpcm::search {

/// Whether another process that lives has the trial. One on another machine, or from before the
/// machine was started, can't be asked: it lives as long as the journal grows.
bool is_elsewhere(const JournalStudy& journal, int trial);

}  // namespace manygpcm::search
