vp_unit_test(test_base base/test_base.c vp_base)
vp_unit_test(test_addr base/test_addr.c vp_model)
