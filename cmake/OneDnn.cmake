# Finds oneDNN (target DNNL::dnnl) by header and library. Its own package file also insists on OpenCL's
# headers, for a GPU engine that isn't used here.
find_path(MANYGPCM_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp REQUIRED)
find_library(MANYGPCM_ONEDNN_LIBRARY dnnl REQUIRED)
mark_as_advanced(MANYGPCM_ONEDNN_INCLUDE_DIR MANYGPCM_ONEDNN_LIBRARY)

add_library(DNNL::dnnl UNKNOWN IMPORTED)
set_target_properties(DNNL::dnnl PROPERTIES
  IMPORTED_LOCATION "${MANYGPCM_ONEDNN_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${MANYGPCM_ONEDNN_INCLUDE_DIR}")
