# Parts that manygpcm can do without: each is looked for, and one line says what its absence costs.
include(cmake/Cuda.cmake)

find_program(MANYGPCM_GNUPLOT gnuplot)
mark_as_advanced(MANYGPCM_GNUPLOT)
if(MANYGPCM_GNUPLOT)
  message(STATUS "gnuplot: ${MANYGPCM_GNUPLOT}")
else()
  message(STATUS "gnuplot: not found; reports come without pictures (Debian: gnuplot-nox)")
endif()
