# The extension as a program meets it that loads it: the test has a copy of idem of its own for the databases.
add_executable(test_sqlite_extension loadable/test_sqlite_extension.c engine/workshop.c engine/sealed_shop.c)
target_include_directories(test_sqlite_extension PRIVATE engine)
target_link_libraries(test_sqlite_extension PRIVATE idem_engine PkgConfig::CMOCKA)
idem_link_objects(test_sqlite_extension loadable)
target_compile_definitions(test_sqlite_extension PRIVATE EXTENSION="$<TARGET_FILE:idem_sqlite>")
add_dependencies(test_sqlite_extension idem_sqlite)
add_test(NAME loadable/test_sqlite_extension COMMAND test_sqlite_extension)

# Debian's shell, which has no sanitizer.
find_program(SQLITE3 sqlite3)
if(SQLITE3 AND NOT IDEM_SANITIZE)
  add_test(NAME loadable/the_shell_loads_it COMMAND ${SQLITE3} -cmd ".load $<TARGET_FILE_DIR:idem_sqlite>/idem" :memory:
           "SELECT count(*) FROM pragma_function_list WHERE name IN ('idem_golden', 'idem_lookup')")
  set_tests_properties(loadable/the_shell_loads_it PROPERTIES PASS_REGULAR_EXPRESSION "^2\n$")
endif()
