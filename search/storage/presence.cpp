// Workers are known by their process; those that can't be asked, by what they write.
#include "storage/presence.h"

namespace manygpcm::search {

bool is_elsewhere(const OpenStudy& study, int trial) {
    switch (study.worker(trial)) {
        case Worker::alive:
            return true;
        case Worker::unknown:
            return !study.is_abandoned(trial);
        case Worker::self:
        case Worker::dead:
            break;
    }
    return false;
}

}  // namespace manygpcm::search
