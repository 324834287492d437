vp_unit_test(test_compare_fact checks/test_compare_fact.c vp_checks)
vp_unit_test(test_compare checks/test_compare.c obs_builder)
vp_unit_test(test_fleet checks/test_fleet.c vp_checks PkgConfig::JANSSON)
vp_unit_test(test_json_sieve checks/test_json_sieve.c vp_checks)
