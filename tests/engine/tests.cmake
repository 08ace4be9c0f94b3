add_executable(make_sample engine/make_sample.c engine/sample_database.c)
target_link_libraries(make_sample PRIVATE idem_engine)
idem_link_objects(make_sample engine)
idem_test(engine test_generate)
idem_test(engine test_annotate)
target_sources(test_annotate PRIVATE engine/sample_database.c)
idem_test(engine test_golden_prov)
idem_test(engine test_emit)

include(fuzz/tests.cmake)
idem_fuzz(engine fuzz_annotate annotate engine/sample_database.c)
idem_test(engine test_value_kind)
idem_test(engine test_header)
idem_test(engine test_check)
idem_test(engine test_init)
target_compile_definitions(test_init PRIVATE TESTS="${CMAKE_CURRENT_SOURCE_DIR}")

# idem_apply_test(NAME): an idem_test that works on a folder of its own through idem.h.
function(idem_apply_test name)
  idem_test(engine ${name})
  target_sources(${name} PRIVATE engine/workshop.c)
endfunction()

idem_apply_test(test_apply)
