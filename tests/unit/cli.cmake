vp_unit_test(test_options cli/test_options.c vp_cli)
vp_unit_test(test_exit_code cli/test_exit_code.c vp_cli)
vp_unit_test(test_progress cli/test_progress.c vp_cli)
vp_unit_test(test_outfile cli/test_outfile.c vp_cli)
vp_unit_test(test_signals cli/test_signals.c vp_cli)

# Preloaded into the program under test, so without sanitizers of its own.
add_library(test_clocks MODULE ${PROJECT_SOURCE_DIR}/tests/cli/clocks.c)
target_compile_definitions(test_clocks PRIVATE _GNU_SOURCE)
target_compile_options(test_clocks PRIVATE -Wall -Wextra)

# The program itself: messages and exit codes, and how it watches; needs no network.
set(cli_tests ${VNETPROBE_PYTHON} -m pytest -q -p no:cacheprovider)
file(GLOB cli_watch_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/cli/test_watch*.py)
add_test(NAME cli/messages COMMAND ${cli_tests} "--ignore-glob=*/test_watch*.py"
  ${PROJECT_SOURCE_DIR}/tests/cli)
add_test(NAME cli/watch COMMAND ${cli_tests} ${cli_watch_files})
set_tests_properties(cli/messages cli/watch PROPERTIES
  ENVIRONMENT "VNETPROBE=$<TARGET_FILE:vnetprobe>;TEST_CLOCKS_LIBRARY=$<TARGET_FILE:test_clocks>;PYTHONDONTWRITEBYTECODE=1")
