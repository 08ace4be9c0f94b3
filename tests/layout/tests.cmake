add_executable(check_layout layout/check_layout.c)
add_test(NAME layout/the_tree_obeys_the_order_of_modules COMMAND check_layout ${PROJECT_SOURCE_DIR})
foreach(bad order include foreign name unlisted)
  add_test(NAME layout/a_bad_${bad}_is_found COMMAND check_layout ${CMAKE_CURRENT_SOURCE_DIR}/layout/bad_${bad})
endforeach()
set_tests_properties(layout/a_bad_order_is_found PROPERTIES PASS_REGULAR_EXPRESSION "USES store: it does not stand below base")
set_tests_properties(layout/a_bad_include_is_found PROPERTIES PASS_REGULAR_EXPRESSION "record does not use store")
set_tests_properties(layout/a_bad_foreign_is_found PROPERTIES PASS_REGULAR_EXPRESSION "<sqlite3.h> is included by base/ already")
set_tests_properties(layout/a_bad_name_is_found PROPERTIES PASS_REGULAR_EXPRESSION "the name is taken by")
set_tests_properties(layout/a_bad_unlisted_is_found PROPERTIES PASS_REGULAR_EXPRESSION "base/b.c: not in base/CMakeLists.txt")

add_executable(check_functions layout/check_functions.c)
add_test(NAME layout/no_unsafe_function_is_called COMMAND check_functions ${PROJECT_SOURCE_DIR})
add_test(NAME layout/a_bad_function_is_found COMMAND check_functions ${CMAKE_CURRENT_SOURCE_DIR}/layout/bad_function)
set_tests_properties(layout/a_bad_function_is_found PROPERTIES PASS_REGULAR_EXPRESSION "^base/a.c:10: strcpy: [^\n]*\n$")

# The program of this build, or under sanitizers, whose program is another, the one of the preset "release" when it is there.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  set(hardened ${CMAKE_CURRENT_SOURCE_DIR}/layout/check_hardening.py)
  if(IDEM_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
    set(released ${PROJECT_SOURCE_DIR}/build/release/idem)
  else()
    set(released $<TARGET_FILE:idem>)
  endif()
  add_test(NAME layout/the_release_program_is_hardened COMMAND ${Python3_EXECUTABLE} ${hardened} ${released})
  set_tests_properties(layout/the_release_program_is_hardened PROPERTIES SKIP_RETURN_CODE 77)

  add_custom_command(
    OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/soft_program.elf
    COMMAND ${CMAKE_C_COMPILER} -O1 -U_FORTIFY_SOURCE -fno-stack-protector -fcf-protection=none -fno-pie -no-pie
            -Wl,-z,norelro,-z,lazy,-z,execstack -Wl,-rpath,/nowhere -o ${CMAKE_CURRENT_BINARY_DIR}/soft_program.elf
            ${CMAKE_CURRENT_SOURCE_DIR}/layout/soft_program.c
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/layout/soft_program.c VERBATIM)
  if(IDEM_HAS_CET)
    add_custom_target(soft_program ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/soft_program.elf)
    add_test(NAME layout/a_soft_program_is_found COMMAND ${Python3_EXECUTABLE} ${hardened} ${CMAKE_CURRENT_BINARY_DIR}/soft_program.elf)
    set_tests_properties(layout/a_soft_program_is_found PROPERTIES
                         PASS_REGULAR_EXPRESSION "pie.*relro.*now.*noexecstack.*RPATH.*protector.*FORTIFY.*cf-protection.*2 of 10")
  endif()
endif()
