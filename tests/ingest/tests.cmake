# cmake --build . --target bench_ingest
add_executable(bench_ingest EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench_ingest.c)
target_link_libraries(bench_ingest PRIVATE idem_ingest)
idem_link_objects(bench_ingest ingest)
