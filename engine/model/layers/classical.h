// The classical GPCM inside a model: its items are part of the file and never trained.
#pragma once

#include "model/layers/head.h"
#include "model/operations/ability_posterior.h"

namespace manygpcm {

PosteriorTensors record_classical(Recorder& r);

}  // namespace manygpcm
