vp_unit_test(test_options cli/test_options.c vp_cli)
vp_unit_test(test_exit_code cli/test_exit_code.c vp_cli)
vp_unit_test(test_progress cli/test_progress.c vp_cli)
vp_unit_test(test_outfile cli/test_outfile.c vp_cli)
vp_unit_test(test_signals cli/test_signals.c vp_cli)

# Preloaded into the program under test, so without sanitizers of its own.
add_library(test_clocks MODULE ${PROJECT_SOURCE_DIR}/tests/cli/clocks.c)
target_compile_definitions(test_clocks PRIVATE _GNU_SOURCE)
target_compile_options(test_clocks PRIVATE -Wall -Wextra)

# Messages and exit codes of the program itself; needs no network.
add_test(NAME cli/messages COMMAND ${VNETPROBE_PYTHON} -m pytest -q -p no:cacheprovider
  ${PROJECT_SOURCE_DIR}/tests/cli)
set_tests_properties(cli/messages PROPERTIES
  ENVIRONMENT "VNETPROBE=$<TARGET_FILE:vnetprobe>;TEST_CLOCKS_LIBRARY=$<TARGET_FILE:test_clocks>;PYTHONDONTWRITEBYTECODE=1")
