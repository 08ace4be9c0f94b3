# idem_ingest_test(NAME): an idem_test with the twins and transcripts.
function(idem_ingest_test name)
  idem_test(ingest ${name})
  target_sources(${name} PRIVATE ingest/transcript.c ingest/csv_twin.c ingest/csv_check.c ingest/json_check.c)
endfunction()

idem_ingest_test(test_csv)
idem_ingest_test(test_csv_twin)
idem_ingest_test(test_input)
idem_ingest_test(test_json_lines)
# The same on simdjson's path without vector instructions.
add_test(NAME ingest/test_json_lines_scalar COMMAND test_json_lines)
set_tests_properties(ingest/test_json_lines_scalar PROPERTIES ENVIRONMENT SIMDJSON_FORCE_IMPLEMENTATION=fallback)

# cmake --build . --target bench_ingest
add_executable(bench_ingest EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench_ingest.c)
target_link_libraries(bench_ingest PRIVATE idem_ingest)
idem_link_objects(bench_ingest ingest)
