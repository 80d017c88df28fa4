#include "manygpcm/engine/context.h"

#include <algorithm>
#include <thread>

namespace manygpcm {

int Context::threads() const {
    return jobs > 0 ? jobs : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace manygpcm
