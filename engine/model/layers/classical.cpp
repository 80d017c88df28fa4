#include "model/layers/classical.h"

namespace manygpcm {

PosteriorTensors record_classical(Recorder& r) {
    constexpr bool trained = false;
    const Weight slope =
        r.parameter("classical.slope", {r.n_questions()}, InitialValues::fitted_slope, trained);
    const Weight step = r.parameter("classical.step", {r.n_questions(), r.n_categories() - 1},
                                    InitialValues::fitted_step, trained);
    return record_ability_posterior(r.tape(), r.n_categories(), slope, step);
}

}  // namespace manygpcm
