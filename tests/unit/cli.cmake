vp_unit_test(test_options cli/test_options.c vp_cli)
vp_unit_test(test_exit_code cli/test_exit_code.c vp_cli)
vp_unit_test(test_progress cli/test_progress.c vp_cli)
vp_unit_test(test_outfile cli/test_outfile.c vp_cli)
vp_unit_test(test_signals cli/test_signals.c vp_cli)

# Messages and exit codes of the program itself; needs no network.
add_test(NAME cli/messages COMMAND ${VNETPROBE_PYTHON} -m pytest -q -p no:cacheprovider
  ${PROJECT_SOURCE_DIR}/tests/cli)
set_tests_properties(cli/messages PROPERTIES
  ENVIRONMENT "VNETPROBE=$<TARGET_FILE:vnetprobe>;PYTHONDONTWRITEBYTECODE=1")
