// Clipping and one Adam step over all parameters of attn_gpcm_learn. It is no operation of a
// backend: the CPU takes it replica by replica, a device for all of them.
#include "manygpcm/kernels/adam.h"

#include "manygpcm/engine/model.h"
#include "manygpcm/kernels/device.h"
#include "manygpcm/kernels/work.h"
#include "operation_list.h"

namespace manygpcm::measure {

Call clip_and_adam(Operands& o, const Hyperparameters& h) {
    const std::size_t size = ParameterLayout(ModelConfig{h, n_questions, n_categories}).size();
    kernels::AdamConfig config;
    config.lr = h.lr;
    config.weight_decay = h.weight_decay;
    config.grad_clip = h.grad_clip;
    const int width = static_cast<int>(size), replicas = o.replicas();
    if (auto* counter = dynamic_cast<kernels::WorkCounter*>(&o.backend()))
        return [=] {
            for (int r = 0; r < replicas; ++r)
                counter->add("clip_and_adam", kernels::clip_and_adam_work(size));
        };

    const auto parameters = o.array(1, width), gradient = o.array(1, width);
    const auto m = o.array(1, width), v = o.array(1, width, 0, 1);
    if (auto* device = dynamic_cast<kernels::Device*>(&o.backend())) {
        kernels::OptimizerState state;
        state.config = config;
        kernels::OptimizerState* states = o.copies(state);
        const double* losses = o.copies(1.0);
        const kernels::Rows steps = o.rows(RowKind::steps);
        return
            [=] { device->clip_and_adam(steps, size, losses, states, parameters, gradient, m, v); };
    }
    return [=, step = 0]() mutable {
        ++step;
        for (int r = 0; r < replicas; ++r)
            kernels::clip_and_adam<float>(size, config, step, parameters[r], gradient[r], m[r],
                                          v[r]);
    };
}

}  // namespace manygpcm::measure
