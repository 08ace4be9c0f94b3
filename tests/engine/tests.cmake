add_executable(make_sample engine/make_sample.c engine/sample_database.c)
target_link_libraries(make_sample PRIVATE idem_engine)
idem_link_objects(make_sample engine)
idem_test(engine test_generate)
