// Studies in Optuna's tables on PostgreSQL, read and written as operations. What the tables hold
// more than before is what was written since; operations are carried out in one transaction, which
// has the study's row locked, as Optuna's new trials do.
#pragma once

#include <memory>
#include <string>

#include "postgres/connection.h"
#include "storage/study_log.h"

namespace manygpcm::search {

/// Of a worker that writes "still here" into trial_heartbeats.
struct Heartbeat {
    std::chrono::milliseconds interval = std::chrono::seconds(30);
    /// A worker is gone whose heartbeats have been seen not to change for so long.
    std::chrono::milliseconds grace = std::chrono::minutes(1);
};

struct PostgresOptions {
    ServerPatience patience = {};
    Heartbeat heartbeat = {};
};

/// @param uri  as Connection takes it
/// @throws InputError where the database isn't there or has other tables; for Access::append, where
/// it has none and they can't be made; Interrupted
std::unique_ptr<StudyLog> open_postgres_log(const std::string& uri, StudyLog::Access access,
                                            const Notice& notice, StopFlag stop,
                                            PostgresOptions options = {});

}  // namespace manygpcm::search
