# The CUDA engine's toolkit: a compiler, cuBLAS and cuDNN. Sets MANYGPCM_HAS_CUDA. MANYGPCM_CUDA=AUTO goes on without it,
# ON doesn't.
set(MANYGPCM_CUDA AUTO CACHE STRING "Build the CUDA engine: ON, OFF or AUTO (when a toolkit is found)")
set_property(CACHE MANYGPCM_CUDA PROPERTY STRINGS ON OFF AUTO)
set(MANYGPCM_CUDA_ARCHITECTURES "" CACHE STRING
    "GPUs to compile for, e.g. 80-real;90-real;100-virtual; empty: this machine's, else PTX that any driver compiles when it is first used")
set(MANYGPCM_HAS_CUDA FALSE)
set(missing "")
if(MANYGPCM_CUDA STREQUAL "OFF")
  return()
endif()

find_package(CUDAToolkit 12.8 QUIET)  # the first that compiles for 100
if(CUDAToolkit_FOUND)
  find_path(MANYGPCM_CUDNN_INCLUDE_DIR cudnn.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_library(MANYGPCM_CUDNN_LIBRARY cudnn HINTS ${CUDAToolkit_LIBRARY_DIR})
  mark_as_advanced(MANYGPCM_CUDNN_INCLUDE_DIR MANYGPCM_CUDNN_LIBRARY)
  if(NOT TARGET CUDA::cublasLt OR NOT CUDAToolkit_NVCC_EXECUTABLE)
    set(missing "the toolkit of CUDA ${CUDAToolkit_VERSION} lacks nvcc or cuBLAS")
  elseif(NOT MANYGPCM_CUDNN_INCLUDE_DIR OR NOT MANYGPCM_CUDNN_LIBRARY)
    set(missing "CUDA ${CUDAToolkit_VERSION} is there, cuDNN is not")
  endif()
else()
  set(missing "no toolkit of CUDA 12.8 or newer found")
endif()
if(missing)
  if(MANYGPCM_CUDA STREQUAL "ON")
    message(FATAL_ERROR "MANYGPCM_CUDA=ON: ${missing}")
  endif()
  message(STATUS "CUDA: ${missing}; manygpcm trains on the CPU")
  return()
endif()

# Each architecture takes as long to compile as the first.
set(architectures ${MANYGPCM_CUDA_ARCHITECTURES})
if(NOT architectures)
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
    RESULT_VARIABLE result OUTPUT_VARIABLE capabilities ERROR_QUIET TIMEOUT 30)
  string(REGEX MATCHALL "[0-9]+\\.[0-9]+" capabilities "${capabilities}")
  if(result EQUAL 0 AND capabilities)
    list(REMOVE_DUPLICATES capabilities)
    list(TRANSFORM capabilities REPLACE "([0-9]+)\\.([0-9]+)" "\\1\\2-real" OUTPUT_VARIABLE architectures)
  else()
    set(architectures 80-virtual)
  endif()
endif()
# Set before the language is enabled: CMake's own default may be an architecture that the compiler no longer knows.
set(CMAKE_CUDA_ARCHITECTURES ${architectures})
if(NOT CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
endif()
enable_language(CUDA)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 doesn't know that nvcc has it since 12.0
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
endif()

add_library(CUDNN::cudnn UNKNOWN IMPORTED)
set_target_properties(CUDNN::cudnn PROPERTIES
  IMPORTED_LOCATION "${MANYGPCM_CUDNN_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${MANYGPCM_CUDNN_INCLUDE_DIR}")
set(MANYGPCM_HAS_CUDA TRUE)
message(STATUS "CUDA ${CUDAToolkit_VERSION}: the engine is built for ${architectures}")
