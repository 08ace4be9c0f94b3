idem_test(seal test_seal)
idem_test(seal test_key_file)
idem_test(seal test_paging)
