# idem_serve_test(NAME): a test that may run a service of its own.
function(idem_serve_test name)
  idem_test(serve ${name})
  target_sources(${name} PRIVATE serve/http_client.c serve/running.c)
endfunction()

idem_test(serve test_query)
idem_test(serve test_openapi)
idem_serve_test(test_service)
idem_serve_test(test_tokens)
idem_serve_test(test_writes)
idem_serve_test(test_pages)

# The whole program as a service.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET idem AND Python3_FOUND)
  function(idem_service_test name script)
    add_test(NAME serve/${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/serve/${script} $<TARGET_FILE:idem> ${ARGN})
    set_tests_properties(serve/${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
  endfunction()
  idem_service_test(an_apply_beside_upserts_is_neither_starved_nor_loses_any apply_beside.py)
  idem_service_test(lines_are_answered_while_they_are_sent streams.py)
  idem_service_test(slow_clients_certificates_and_a_full_disk_are_borne faults.py)
  idem_service_test(resolve_waits_as_long_as_it_is_told waits.py)
  idem_service_test(the_example_client_and_the_curl_commands_work client_example.py ${PROJECT_SOURCE_DIR})
endif()

find_program(SYSTEMD_ANALYZE systemd-analyze)
if(TARGET idem AND SYSTEMD_ANALYZE)
  add_test(NAME serve/systemd_takes_the_unit
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/serve/verify_unit.sh ${PROJECT_SOURCE_DIR}/examples/service/idem.service $<TARGET_FILE:idem>)
endif()
