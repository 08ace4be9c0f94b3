idem_test(seal test_seal)
