# Finds oneDNN (target DNNL::dnnl), whose products ours are compared with, by header and library: its own package file also
# insists on OpenCL's headers, for a GPU engine that isn't used here. OpenMP is its runtime, which must be held to one
# thread.
find_path(MANYGPCM_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(MANYGPCM_ONEDNN_LIBRARY dnnl)
find_package(OpenMP COMPONENTS CXX)
mark_as_advanced(MANYGPCM_ONEDNN_INCLUDE_DIR MANYGPCM_ONEDNN_LIBRARY)

if(MANYGPCM_ONEDNN_INCLUDE_DIR AND MANYGPCM_ONEDNN_LIBRARY AND OpenMP_CXX_FOUND)
  add_library(DNNL::dnnl UNKNOWN IMPORTED)
  set_target_properties(DNNL::dnnl PROPERTIES
    IMPORTED_LOCATION "${MANYGPCM_ONEDNN_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${MANYGPCM_ONEDNN_INCLUDE_DIR}")
endif()
