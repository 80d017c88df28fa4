# What `cmake --install` puts where: the program, the libraries with their headers, a config package for CMake and a file
# for pkg-config. The whole library needs nothing beside it; the parts, manygpcm::engine and so on, are static and need
# what they call.
include(CMakePackageConfigHelpers)

set(static_libraries
  manygpcm_kernels manygpcm_devices manygpcm_engine manygpcm_search manygpcm_report manygpcm_static)
if(MANYGPCM_HAS_CUDA)
  list(APPEND static_libraries manygpcm_cuda)
endif()
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/manygpcm)

# Libraries beside ours are found wherever all of it is moved. RPATH rather than RUNPATH, which would not hold for what
# those libraries load in turn.
file(RELATIVE_PATH libraries_from_programs /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${CMAKE_INSTALL_LIBDIR})
set_target_properties(manygpcm_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
target_link_options(manygpcm_shared PRIVATE LINKER:--disable-new-dtags)
if(TARGET manygpcm)
  set_target_properties(manygpcm PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_programs}")
  target_link_options(manygpcm PRIVATE LINKER:--disable-new-dtags)
  install(TARGETS manygpcm RUNTIME_DEPENDENCY_SET manygpcm_dependencies
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
install(TARGETS manygpcm_shared EXPORT manygpcm_shared RUNTIME_DEPENDENCY_SET manygpcm_dependencies
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS ${static_libraries} EXPORT manygpcm_static
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
# Headers in detail/ and checks/ are for other parts.
foreach(part kernels engine search report library)
  install(DIRECTORY ${part}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
    PATTERN detail EXCLUDE PATTERN checks EXCLUDE)
endforeach()

foreach(kind shared static)
  install(EXPORT manygpcm_${kind} FILE manygpcm_${kind}.cmake NAMESPACE manygpcm:: DESTINATION ${package_dir}
    COMPONENT development)
endforeach()
configure_package_config_file(cmake/manygpcmConfig.cmake.in manygpcmConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(manygpcmConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/manygpcmConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/manygpcmConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)

# pkg-config finds the prefix from where its file lies. Absolute directories, as distributions may give them, stay what
# they are.
set(pc_PREFIX ${CMAKE_INSTALL_PREFIX})
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH up /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  set(pc_PREFIX "\${pcfiledir}/${up}")
endif()
foreach(dir LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
    set(pc_${dir} "${CMAKE_INSTALL_${dir}}")
  else()
    set(pc_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
if(MANYGPCM_HAS_POSTGRES)
  set(pc_LIBPQ " libpq")
endif()
configure_file(cmake/manygpcm.pc.in manygpcm.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/manygpcm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# What the program and the library need that a system may lack, for a tarball: never glibc's own parts, which must fit the
# kernel's loader, nor the driver of a GPU and CUDA's libraries, which are large.
install(RUNTIME_DEPENDENCY_SET manygpcm_dependencies
  PRE_EXCLUDE_REGEXES "^(ld-linux[^.]*|lib(c|m|dl|rt|pthread|resolv|util|cuda|cudart|cublas|cublasLt|cudnn[a-z_]*))\\."
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dependencies EXCLUDE_FROM_ALL)

include(cmake/Packages.cmake)
