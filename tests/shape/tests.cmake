# Under sanitizers neither valgrind runs nor would the figure mean anything.
if(TARGET idem AND NOT IDEM_SANITIZE)
  find_package(Python3 COMPONENTS Interpreter)
  string(REGEX MATCH "^[0-9]+" compiler_major "${CMAKE_C_COMPILER_VERSION}")
  if(Python3_FOUND)
    add_test(NAME shape/a_small_run_takes_as_many_instructions_as_recorded
      COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/shape/count_instructions.py $<TARGET_FILE:idem>
              ${CMAKE_CURRENT_SOURCE_DIR}/shape/recorded.txt ${CMAKE_C_COMPILER_ID}-${compiler_major} ${CMAKE_BUILD_TYPE})
    set_tests_properties(shape/a_small_run_takes_as_many_instructions_as_recorded PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
  endif()
endif()
