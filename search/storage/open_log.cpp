// Which storage of studies a place is.
#include "storage/journal.h"
#include "storage/study_log.h"

namespace manygpcm::search {

std::unique_ptr<StudyLog> open_log(const std::filesystem::path& where, StudyLog::Access access,
                                   const Notice& notice, StopFlag stop) {
    return std::make_unique<Journal>(where, access, notice, stop);
}

}  // namespace manygpcm::search
