// Every operation that the benchmarks and the doctor time can be set up and called on a device, at
// the sizes that they time. The emulation lists the calls instead of running them, which would take
// long; a GPU runs them.
#include "manygpcm/measure/operations.h"

#include <gtest/gtest.h>

#include "manygpcm/kernels/cuda.h"
#include "manygpcm/measure/sizes.h"

#ifdef MANYGPCM_CUDA_EMULATED
#include <cuda_emulation/control.h>
#endif

namespace manygpcm {
namespace {

TEST(MeasuredOperations, CanBeCalledAtEverySize) {
    if (kernels::cuda_device_count() == 0) GTEST_SKIP() << "no GPU that CUDA's driver offers";
#ifdef MANYGPCM_CUDA_EMULATED
    cuda_emulation::reset();
#endif
    const auto device = kernels::open_cuda_device(0);
#ifdef MANYGPCM_CUDA_EMULATED
    std::vector<cuda_emulation::Listed> calls;
    cuda_emulation::list_only(&calls);
#endif
    constexpr int replicas = 2;
    for (const Hyperparameters& sizes : {measure::smallest(ModelKind::attn_gpcm_learn),
                                         measure::published_best(ModelKind::attn_gpcm_learn),
                                         measure::largest(ModelKind::attn_gpcm_learn)})
        for (const measure::Operation& operation : measure::operations()) {
            SCOPED_TRACE(operation.name);
            const auto call = operation.set_up(*device, replicas, sizes);
            EXPECT_NO_THROW(call());
            EXPECT_GT(operation.work(replicas, sizes).bytes(), 0);
        }
    device->synchronize();
#ifdef MANYGPCM_CUDA_EMULATED
    cuda_emulation::list_only(nullptr);
    EXPECT_EQ(cuda_emulation::last_report(), "");
#endif
}

}  // namespace
}  // namespace manygpcm
