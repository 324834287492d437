vp_unit_test(test_validate checks/test_validate.c vp_checks)
vp_unit_test(test_yaml_tree checks/test_yaml_tree.c vp_checks)
