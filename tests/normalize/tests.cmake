idem_test(normalize test_scripts)
idem_test(normalize test_phonetic)
idem_test(normalize test_words)
target_compile_definitions(test_words PRIVATE WORD_FOLDER="${PROJECT_SOURCE_DIR}/normalize/words")
idem_test(normalize test_values)
target_compile_definitions(test_values PRIVATE WORD_FOLDER="${PROJECT_SOURCE_DIR}/normalize/words")
idem_test(normalize test_golden)
target_compile_definitions(test_golden PRIVATE GOLDEN_FOLDER="${CMAKE_CURRENT_SOURCE_DIR}/normalize/golden")

# Telephone numbers are held against libphonenumber where it is installed.
find_path(PHONENUMBER_INCLUDE phonenumbers/phonenumberutil.h)
find_library(PHONENUMBER_LIBRARY phonenumber)
find_library(PROTOBUF_LIBRARY protobuf)
if(PHONENUMBER_INCLUDE AND PHONENUMBER_LIBRARY AND PROTOBUF_LIBRARY)
  idem_test(normalize test_phone)
  target_sources(test_phone PRIVATE normalize/phone_oracle.cc)
  target_include_directories(test_phone PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} SYSTEM ${PHONENUMBER_INCLUDE})
  target_link_libraries(test_phone PRIVATE ${PHONENUMBER_LIBRARY} ${PROTOBUF_LIBRARY})
endif()

# ninja bench_normalize; not part of a build or of the tests
add_executable(bench_normalize EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/bench/bench_normalize.c)
target_link_libraries(bench_normalize PRIVATE idem_normalize)
idem_link_objects(bench_normalize normalize)
