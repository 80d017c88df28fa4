#include "manygpcm/kernels/cpu.h"

#include <hwy/highway.h>
#include <strings.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>

#if defined(__x86_64__)
#include <pmmintrin.h>
#include <xmmintrin.h>
#endif

#include "cpu/dispatch.h"

namespace manygpcm::kernels {
namespace {

/// The sets among `targets`, a mask of Highway's. It numbers them so that better ones have lower
/// bits.
std::vector<std::int64_t> best_first(std::int64_t targets) {
    std::vector<std::int64_t> sets;
    for (; targets != 0; targets &= targets - 1)
        sets.push_back(targets & -targets);
    return sets;
}

/// Highway's name but for AVX-512, which it calls AVX3.
std::string name_of(std::int64_t target) {
    return target == HWY_AVX3 ? "AVX512" : hwy::TargetName(target);
}

/// All sets but those better than the one that MANYGPCM_MAX_ISA names.
std::int64_t allowed_targets() {
    const char* most = std::getenv(max_isa_variable);
    if (most == nullptr || *most == '\0') return HWY_TARGETS;
    std::string names;
    for (const std::int64_t target : best_first(HWY_TARGETS)) {
        const std::string name = name_of(target);
        if (::strcasecmp(name.c_str(), most) == 0) return HWY_TARGETS & ~(target - 1);
        names += (names.empty() ? "" : ", ") + name;
    }
    throw std::invalid_argument(std::string(max_isa_variable) + ": '" + most +
                                "': expected one of " + names);
}

std::int64_t targets_in_use() {
    return hwy::SupportedTargets() & allowed_targets();
}

// The register of the floating-point mode, and the bits in it that make denormals zero.
#if defined(__x86_64__)
constexpr std::uint64_t flush_to_zero = _MM_FLUSH_ZERO_ON | _MM_DENORMALS_ZERO_ON;
std::uint64_t floating_point_mode() {
    return _mm_getcsr();
}
void set_floating_point_mode(std::uint64_t mode) {
    _mm_setcsr(static_cast<unsigned>(mode));
}
#elif defined(__aarch64__)
constexpr std::uint64_t flush_to_zero = std::uint64_t{1} << 24;  // FZ
std::uint64_t floating_point_mode() {
    std::uint64_t fpcr;
    asm volatile("mrs %0, fpcr" : "=r"(fpcr));
    return fpcr;
}
void set_floating_point_mode(std::uint64_t mode) {
    asm volatile("msr fpcr, %0" : : "r"(mode));
}
#else
constexpr std::uint64_t flush_to_zero = 0;
std::uint64_t floating_point_mode() {
    return 0;
}
void set_floating_point_mode(std::uint64_t) {}
#endif

}  // namespace

WorkerThread::WorkerThread() : before_(floating_point_mode()) {
    set_floating_point_mode(before_ | flush_to_zero);
}

WorkerThread::~WorkerThread() {
    set_floating_point_mode(before_);
}

std::size_t chosen_target() {
    static const std::size_t index = [] {
        hwy::ChosenTarget chosen;
        chosen.Update(targets_in_use());
        return chosen.GetIndex();
    }();
    return index;
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const std::int64_t target : best_first(hwy::SupportedTargets() & HWY_TARGETS))
        names.push_back(name_of(target));
    return names;
}

std::string instruction_set() {
    return name_of(best_first(targets_in_use()).front());
}

}  // namespace manygpcm::kernels
