// Operations as SQL.
#pragma once

#include <set>
#include <span>
#include <string>

#include "postgres/followed_study.h"
#include "storage/study_log.h"

namespace manygpcm::search {

/// Statements that carry operations out, for a transaction that has the study's row locked.
struct OperationsSql {
    /// A SELECT for each trial that is changed, which locks it: it gives a row where the trial's
    /// state and worker are still those that were read.
    std::string guards;
    int n_guards = 0;
    std::string statements;
    bool sets_workers = false;  ///< of trials that may have had others
};

/// @param study  null: it isn't there yet, and the first operation creates it
/// @param name  the study's
/// @throws std::logic_error for operations that a sweep doesn't write
OperationsSql operations_sql(std::span<const StudyLog::Record> records, const FollowedStudy* study,
                             const std::string& name);

}  // namespace manygpcm::search
