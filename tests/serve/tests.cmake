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
