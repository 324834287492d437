vp_unit_test(test_validate checks/test_validate.c vp_checks)
