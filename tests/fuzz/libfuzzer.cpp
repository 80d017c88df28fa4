// One target as libFuzzer calls it. An exception that leaves it is a finding, as a crash is.
#include <cstddef>
#include <cstdint>

#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    manygpcm::fuzz::read(MANYGPCM_FUZZ_TARGET, {reinterpret_cast<const char*>(data), size});
    return 0;
}
