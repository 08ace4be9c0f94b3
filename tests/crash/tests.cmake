# Dying and failing at chosen calls that change files. The library is loaded into the program as it was built, sanitizers too.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET idem AND Python3_FOUND)
  add_library(fault_preload MODULE crash/fault_preload.c crash/fault_memory.c crash/fault_power.c)
  target_link_libraries(fault_preload PRIVATE ${CMAKE_DL_LIBS})
  target_compile_options(fault_preload PRIVATE -fno-sanitize=all -U_FORTIFY_SOURCE)
  target_link_options(fault_preload PRIVATE -fno-sanitize=all)
  set_target_properties(fault_preload PROPERTIES C_VISIBILITY_PRESET default)
  set(crash ${CMAKE_CURRENT_SOURCE_DIR}/crash)
  add_test(NAME crash/killed_anywhere_the_database_is_as_before_or_after
           COMMAND ${Python3_EXECUTABLE} ${crash}/kill_points.py $<TARGET_FILE:idem> $<TARGET_FILE:fault_preload> 100)
  add_test(NAME crash/a_disk_that_fails_or_is_full_is_told_and_changes_nothing
           COMMAND ${Python3_EXECUTABLE} ${crash}/fail_points.py $<TARGET_FILE:idem> $<TARGET_FILE:fault_preload> 60)
  add_test(NAME crash/an_allocation_that_fails_is_told_and_changes_nothing
           COMMAND ${Python3_EXECUTABLE} ${crash}/alloc_points.py $<TARGET_FILE:idem> $<TARGET_FILE:fault_preload> 60)
  add_test(NAME crash/power_is_cut_and_the_database_is_as_before_or_after
           COMMAND ${Python3_EXECUTABLE} ${crash}/kill_points.py $<TARGET_FILE:idem> $<TARGET_FILE:fault_preload> 60 power)
  add_test(NAME crash/the_disk_is_full_at_any_size_of_the_database
           COMMAND ${Python3_EXECUTABLE} ${crash}/disk_full.py $<TARGET_FILE:idem> $<TARGET_FILE:fault_preload> 500 200000)
  add_test(NAME crash/a_service_without_memory_keeps_what_it_acknowledged
           COMMAND ${Python3_EXECUTABLE} ${crash}/serve_memory.py $<TARGET_FILE:idem> $<TARGET_FILE:fault_preload> 8)
  add_test(NAME crash/a_run_keeps_to_its_memory_with_the_same_result
           COMMAND ${Python3_EXECUTABLE} ${crash}/small_memory.py $<TARGET_FILE:idem> 60000)
  add_test(NAME crash/a_machine_that_is_set_up_oddly_changes_no_result
           COMMAND ${Python3_EXECUTABLE} ${crash}/odd_machine.py $<TARGET_FILE:idem>)
endif()
