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

# The whole program as a service.
find_package(Python3 COMPONENTS Interpreter)
if(TARGET idem AND Python3_FOUND)
  function(idem_service_test name script)
    add_test(NAME serve/${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/serve/${script} $<TARGET_FILE:idem> ${ARGN})
    set_tests_properties(serve/${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
  endfunction()
  idem_service_test(an_apply_beside_upserts_is_neither_starved_nor_loses_any apply_beside.py)
endif()
