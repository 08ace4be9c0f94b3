idem_test(rules test_config)
idem_test(rules test_config_errors)
idem_test(rules test_config_schema)
idem_test(rules test_source_files)
idem_test(rules test_types)
foreach(name test_config test_config_errors test_config_schema)
  target_compile_definitions(${name} PRIVATE TESTS="${CMAKE_CURRENT_SOURCE_DIR}")
endforeach()

