// gpcm: the classical generalized partial credit model, fitted to the training learners and never
// trained; a response is predicted by the posterior of ability given those before it.
#include "model/layers/classical.h"
#include "model/models.h"

namespace manygpcm::models {
namespace {

ModelTensors record_gpcm(Recorder& r) {
    const PosteriorTensors posterior = record_classical(r);
    return {posterior.head, posterior.threshold, posterior.deviation};
}

}  // namespace

ModelDefinition gpcm() {
    return {.name = "gpcm",
            .uses = {"item_prior"},
            .constraints = {},
            .searched = {},
            .record = record_gpcm,
            .trained = false,
            .in_auto = true,
            .ability_of_learner = [](const Hyperparameters&) { return true; }};
}

}  // namespace manygpcm::models
