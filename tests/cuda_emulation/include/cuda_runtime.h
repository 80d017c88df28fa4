// Stands before the CUDA toolkit's header of this name when tests compile kernels for the host.
#pragma once

#include "cuda_emulation/device_functions.h"
#include "cuda_emulation/kernel_launch.h"
#include "cuda_emulation/runtime_api.h"
#include "cuda_emulation/vector_types.h"
