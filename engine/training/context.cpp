#include "manygpcm/engine/context.h"

#include "manygpcm/engine/detail/usable_cores.h"

namespace manygpcm {

int Context::threads() const {
    return jobs > 0 ? jobs : usable_cores();
}

}  // namespace manygpcm
