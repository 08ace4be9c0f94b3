idem_test(identity test_assign)
idem_test(identity test_mint)
idem_test(identity test_survive)
