vp_unit_test(test_cause_decided checks/test_cause_decided.c vp_checks)
vp_unit_test(test_saved_options cli/test_saved_options.c vp_cli)
