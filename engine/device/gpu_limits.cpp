#include "manygpcm/engine/gpu_limits.h"

#include <fmt/format.h>

#include "manygpcm/engine/error.h"
#include "manygpcm/engine/models.h"
#include "manygpcm/kernels/attention.h"

namespace manygpcm {

void expect_runs_on_gpu(const Hyperparameters& h) {
    if (!uses(h.model, "n_heads") || h.embed_dim / h.n_heads <= kernels::widest_gpu_head) return;
    throw InputError(fmt::format(
        "embed_dim={} with n_heads={}: heads of {} columns; expected at most {} on a GPU, or "
        "--device cpu",
        h.embed_dim, h.n_heads, h.embed_dim / h.n_heads, kernels::widest_gpu_head));
}

}  // namespace manygpcm
