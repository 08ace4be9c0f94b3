# libidem, static and shared, from the objects of every module below serve and cli. Only idem_* symbols leave the shared
# library. Installed with idem.h, a pkg-config file, the program, its manual page and its completion scripts.
include(GNUInstallDirs)

add_library(libidem_static STATIC $<TARGET_OBJECTS:idem_engine>)
add_library(libidem_shared SHARED $<TARGET_OBJECTS:idem_engine>)
foreach(target libidem_static libidem_shared)
  idem_link_objects(${target} engine)
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME idem LINKER_LANGUAGE CXX
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endforeach()

# What the objects need of foreign libraries, without the object libraries themselves.
set(IDEM_FOREIGN PkgConfig::ICU PkgConfig::JANSSON PkgConfig::SODIUM PkgConfig::SQLITE PkgConfig::SIMDJSON PkgConfig::ZLIB
    PkgConfig::ZSTD Threads::Threads m)
get_property(engine_links GLOBAL PROPERTY IDEM_EXTRA_LINKS)
target_link_libraries(libidem_static INTERFACE ${IDEM_FOREIGN} ${engine_links} stdc++)
target_link_libraries(libidem_shared PRIVATE ${IDEM_FOREIGN} ${engine_links})
set_target_properties(libidem_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_link_options(libidem_shared PRIVATE LINKER:--wrap=free -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/libidem.map)
set_property(TARGET libidem_shared APPEND PROPERTY LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/libidem.map)

configure_file(${CMAKE_CURRENT_LIST_DIR}/idem.pc.in ${PROJECT_BINARY_DIR}/idem.pc @ONLY)

install(TARGETS libidem_static libidem_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${PROJECT_SOURCE_DIR}/idem.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/idem.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
