idem_test(normalize test_golden)
target_compile_definitions(test_golden PRIVATE GOLDEN_FOLDER="${CMAKE_CURRENT_SOURCE_DIR}/normalize/golden")
