# examples/embed.c against the built libraries, static and shared, and what the shared one exports.
foreach(kind static shared)
  add_executable(embed_${kind} ${PROJECT_SOURCE_DIR}/examples/embed.c)
  target_link_libraries(embed_${kind} PRIVATE libidem_${kind})
  add_test(NAME embed/an_example_runs_with_the_${kind}_library
           COMMAND run_cases embed=$<TARGET_FILE:embed_${kind}> sample=$<TARGET_FILE:make_sample>
                   ${CMAKE_CURRENT_SOURCE_DIR}/embed/embed.txt)
endforeach()

# Only idem_... leaves the library: no other symbol is defined in its dynamic table.
add_test(NAME embed/the_shared_library_exports_idem_only
         COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DLIBRARY=$<TARGET_FILE:libidem_shared>
                 -DHEADER=${PROJECT_SOURCE_DIR}/idem.h -P ${CMAKE_CURRENT_SOURCE_DIR}/embed/exports.cmake)

# Installed somewhere else, found by pkg-config, and linked as a stranger would.
find_program(PKG_CONFIG_PROGRAM pkg-config)
if(PKG_CONFIG_PROGRAM AND NOT IDEM_SANITIZE)
  add_test(NAME embed/an_installed_library_is_found_by_pkg_config
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DSOURCE=${PROJECT_SOURCE_DIR} -DCC=${CMAKE_C_COMPILER}
                   -DPKG_CONFIG=${PKG_CONFIG_PROGRAM} -DPREFIX=${PROJECT_BINARY_DIR}/installed
                   -DRUN_CASES=$<TARGET_FILE:run_cases> -DSAMPLE=$<TARGET_FILE:make_sample>
                   -P ${CMAKE_CURRENT_SOURCE_DIR}/embed/installed.cmake)
endif()
