// Stands before the CUDA toolkit's header of this name when tests compile kernels for the host.
#pragma once

#include "cuda_emulation/runtime_api.h"
