include_guard(GLOBAL)

# idem_fuzz(MODULE NAME CORPUS [further sources]): tests/fuzz/NAME.c with LLVMFuzzerTestOneInput.
#   replay_NAME runs it over tests/fuzz/corpus/CORPUS in the ordinary test run; with IDEM_FUZZ, NAME is the libFuzzer binary:
#   NAME -max_total_time=60 NEW_FOLDER tests/fuzz/corpus/CORPUS
function(idem_fuzz module name corpus)
  if(NOT TARGET idem_${module})
    return()
  endif()
  add_executable(replay_${name} fuzz/${name}.c fuzz/replay.c ${ARGN})
  target_link_libraries(replay_${name} PRIVATE idem_${module})
  idem_link_objects(replay_${name} ${module})
  add_test(NAME fuzz/${name} COMMAND replay_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${corpus})
  if(IDEM_FUZZ)
    add_executable(${name} fuzz/${name}.c ${ARGN})
    target_link_libraries(${name} PRIVATE idem_${module})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    idem_link_objects(${name} ${module})
  endif()
endfunction()

idem_fuzz(ingest fuzz_csv csv ingest/transcript.c ingest/csv_twin.c ingest/csv_check.c)
idem_fuzz(ingest fuzz_jsonl jsonl ingest/transcript.c ingest/json_check.c)
idem_fuzz(normalize fuzz_normalize normalize)
