# Hostile data at a size for every test run; script/hostile runs the same cases large.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET idem AND Python3_FOUND)
  foreach(of records files shown)
    add_test(NAME hostile/${of} COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/hostile/hostile_data.py $<TARGET_FILE:idem> --of ${of})
    set_tests_properties(hostile/${of} PROPERTIES TIMEOUT 900)
  endforeach()
endif()
