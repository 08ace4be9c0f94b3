# idem_matcher_test(NAME): an idem_test with batches made in memory.
function(idem_matcher_test name)
  idem_test(matcher ${name})
  target_sources(${name} PRIVATE matcher/small_batch.c)
endfunction()

idem_test(matcher test_similarity)
idem_matcher_test(test_keys)
idem_matcher_test(test_block)
idem_matcher_test(test_model)
idem_matcher_test(test_frequency)
idem_test(matcher test_compare)
idem_matcher_test(test_score)
idem_matcher_test(test_cluster)
