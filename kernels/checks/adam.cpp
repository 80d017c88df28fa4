// Clipping and one Adam step over all parameters of a model. It is no operation of a backend: the
// CPU takes it replica by replica, a device for all of them.
#include "manygpcm/kernels/adam.h"

#include "checks/checks.h"

namespace manygpcm::kernels::checks {
namespace {

TimedOperation::Call set_up_adam(Backend& backend, int replicas, const ModelSizes& sizes) {
    const auto operands = std::make_shared<Operands>(backend, replicas);
    Operands& o = *operands;
    const std::size_t size = static_cast<std::size_t>(sizes.parameters);
    AdamConfig config;
    config.lr = 0.006;
    config.weight_decay = 0.0003;
    config.grad_clip = 5;
    const auto parameters = o.array(1, sizes.parameters), gradient = o.array(1, sizes.parameters);
    const auto m = o.array(1, sizes.parameters), v = o.array(1, sizes.parameters, 0, 1);
    if (auto* device = dynamic_cast<Device*>(&backend)) {
        OptimizerState state;
        state.config = config;
        OptimizerState* states = o.copies(state);
        const double* losses = o.copies(1.0);
        return [=] {
            device->clip_and_adam(operands->batch().steps, size, losses, states, parameters,
                                  gradient, m, v);
        };
    }
    return [=, step = 0]() mutable {
        ++step;
        for (int r = 0; r < operands->replicas(); ++r)
            clip_and_adam<float>(size, config, step, parameters[r], gradient[r], m[r], v[r]);
    };
}

}  // namespace

void add_adam_checks(Checks& checks) {
    checks.timed.push_back({"clip_and_adam", set_up_adam, [](int replicas, const ModelSizes& s) {
                                Work work = clip_and_adam_work(std::size_t(s.parameters));
                                return work *= replicas;
                            }});
}

}  // namespace manygpcm::kernels::checks
