// Chooses, at run time, the instance of a function template that was compiled for the best
// instruction set of this machine. Highway's own HWY_EXPORT does this for plain functions only.
//
// A kernel's file is compiled once per instruction set (hwy/foreach_target.h); its templates live
// in HWY_NAMESPACE. In the part compiled once, MANYGPCM_DISPATCH(forward<T>)(arguments...) calls
// the right one.
#pragma once

#include <hwy/highway.h>
#include <cstddef>

namespace manygpcm::kernels {

/// Index, in the tables of MANYGPCM_DISPATCH, of the best instruction set that this machine has and
/// MANYGPCM_MAX_ISA allows.
std::size_t chosen_target();

}  // namespace manygpcm::kernels

#define MANYGPCM_DISPATCH(function)                                                    \
    ([] {                                                                              \
        static decltype(&HWY_STATIC_DISPATCH(function)) const table[] = {              \
            nullptr, HWY_CHOOSE_TARGET_LIST(function), HWY_CHOOSE_FALLBACK(function)}; \
        return table[chosen_target()];                                                 \
    }())

/// What public function templates are instantiated for: single precision for the engine, double for
/// the tests' gradient checks, which compile these files again.
#ifdef MANYGPCM_DOUBLE
#define MANYGPCM_REAL double
#else
#define MANYGPCM_REAL float
#endif

// NOLINTBEGIN(bugprone-macro-parentheses): a template's name takes none
#define MANYGPCM_INSTANTIATE(function) \
    template decltype(function<MANYGPCM_REAL>) function<MANYGPCM_REAL>;
// NOLINTEND(bugprone-macro-parentheses)
/// compute() and work() of a call.
#define MANYGPCM_INSTANTIATE_CALL(Args)                \
    template void compute(const Args<MANYGPCM_REAL>&); \
    template Work work(const Args<MANYGPCM_REAL>&);
