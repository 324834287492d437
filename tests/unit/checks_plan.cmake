vp_unit_test(test_validate checks/test_validate.c vp_checks)
vp_unit_test(test_yaml_tree checks/test_yaml_tree.c vp_checks)
vp_unit_test(test_catalogue checks/test_catalogue.c vp_checks)
target_compile_definitions(test_catalogue PRIVATE
  CATALOGUE_YAML="${PROJECT_BINARY_DIR}/checks/catalogue.yaml")
vp_unit_test(test_check_plan checks/test_check_plan.c vp_checks)
vp_unit_test(test_target_parse checks/test_target_parse.c vp_checks)
vp_unit_test(test_service_tags checks/test_service_tags.c vp_checks PkgConfig::JANSSON)
vp_unit_test(test_proxy checks/test_proxy.c vp_checks)
