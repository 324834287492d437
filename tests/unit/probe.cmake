vp_unit_test(test_dns_chain probe/test_dns_chain.c vp_model)
