idem_test(identity test_assign)
target_sources(test_assign PRIVATE identity/assign_twin.c)
idem_test(identity test_mint)
idem_test(identity test_survive)
