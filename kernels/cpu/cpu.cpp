#include "manygpcm/kernels/cpu.h"

#include <dnnl.h>
#include <hwy/highway.h>
#include <omp.h>

#include <cstdint>

#if defined(__x86_64__)
#include <pmmintrin.h>
#include <xmmintrin.h>
#endif

#include "cpu/dispatch.h"

namespace manygpcm::kernels {

void prepare_worker_thread() {
#if defined(__x86_64__)
    _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
    _MM_SET_DENORMALS_ZERO_MODE(_MM_DENORMALS_ZERO_ON);
#elif defined(__aarch64__)
    std::uint64_t fpcr;
    asm volatile("mrs %0, fpcr" : "=r"(fpcr));
    fpcr |= std::uint64_t{1} << 24;  // FZ
    asm volatile("msr fpcr, %0" : : "r"(fpcr));
#endif
    omp_set_num_threads(1);
}

std::size_t chosen_target() {
    hwy::ChosenTarget& chosen = hwy::GetChosenTarget();
    // Thread-safe: every thread that comes first computes and stores the same mask.
    if (!chosen.IsInitialized()) chosen.Update(hwy::SupportedTargets());
    return chosen.GetIndex();
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    // Highway numbers its targets so that better ones have lower bits.
    for (std::int64_t rest = hwy::SupportedTargets() & HWY_TARGETS; rest != 0; rest &= rest - 1)
        names.emplace_back(hwy::TargetName(rest & -rest));
    return names;
}

std::string onednn_version() {
    const dnnl_version_t* v = dnnl_version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." +
           std::to_string(v->patch);
}

}  // namespace manygpcm::kernels
