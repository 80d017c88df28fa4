// Kernels are compiled with -fsanitize=alignment,bounds,shift,integer-divide-by-zero: where such a
// thing is about to happen the compiler calls a function of these names. Bounds are those of local
// arrays, which lie in registers on a device and in no memory that could be checked.
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "block.h"
#include "memory.h"
#include "report.h"

namespace cuda_emulation {
namespace {

/// What the compiler describes each place with; all its records begin with it.
struct Place {
    const char* file;
    std::uint32_t line, column;
};

struct TypeMismatch {
    Place place;
    const void* type;
    unsigned char log_alignment, kind;
};

void report(const Place& place, cudaError_t code, const std::string& what) {
    std::string file = place.file;
    const auto folder = file.rfind('/');
    if (folder != std::string::npos) file.erase(0, folder + 1);
    const std::string text = fmt::format("{} at {}:{}", what, file, place.line);
    if (Block::current()) Block::instance().fail(code, text);
    const std::lock_guard lock(device_mutex());
    report_failure(code, "host code: " + text);
}

}  // namespace
}  // namespace cuda_emulation

using namespace cuda_emulation;  // NOLINT(google-build-using-namespace)

// NOLINTBEGIN(bugprone-reserved-identifier): the compiler's names
extern "C" {

void __ubsan_handle_type_mismatch_v1(const TypeMismatch* mismatch, const void* address) {
    const Emulating guard(Block::current());
    report(mismatch->place, cudaErrorMisalignedAddress,
           fmt::format("misaligned: {} isn't at a multiple of {} bytes", describe(address),
                       1 << mismatch->log_alignment));
}
void __ubsan_handle_out_of_bounds(const Place* place, std::uintptr_t index) {
    const Emulating guard(Block::current());
    report(*place, cudaErrorIllegalAddress,
           fmt::format("out of bounds: index {} of an array", static_cast<std::intptr_t>(index)));
}
void __ubsan_handle_divrem_overflow(const Place* place, std::uintptr_t, std::uintptr_t) {
    const Emulating guard(Block::current());
    report(*place, cudaErrorLaunchFailure, "integer division by zero");
}
void __ubsan_handle_shift_out_of_bounds(const Place* place, std::uintptr_t, std::uintptr_t bits) {
    const Emulating guard(Block::current());
    report(*place, cudaErrorLaunchFailure,
           fmt::format("shift by {} bits", static_cast<std::intptr_t>(bits)));
}

}  // extern "C"
// NOLINTEND
