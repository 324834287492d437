# Golden files stand beside the tests; golden.c compares with them.
set(vp_golden golden.c)
set_source_files_properties(golden.c PROPERTIES
  COMPILE_DEFINITIONS TEST_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")

vp_unit_test(test_obs_json model/test_obs_json.c vp_model)
target_sources(test_obs_json PRIVATE model/obs_sample.c ${vp_golden})

# Runs built by hand; report_sample prints them for tests/schema.
add_library(vp_report_sample STATIC
  report/sample.c report/sample_history.c report/sample_targets.c)
add_library(wellformed STATIC report/wellformed.c)
target_link_libraries(wellformed PUBLIC vp_model PRIVATE PkgConfig::JANSSON)
target_link_libraries(vp_report_sample PUBLIC vp_report PkgConfig::CMOCKA)
add_executable(report_sample report/report_sample.c)
target_link_libraries(report_sample PRIVATE vp_report_sample)
foreach(name layout report redact)
  vp_unit_test(test_${name} report/test_${name}.c vp_report_sample)
  target_sources(test_${name} PRIVATE ${vp_golden})
endforeach()

vp_unit_test(test_writers report/test_writers.c vp_report_sample wellformed)
target_sources(test_writers PRIVATE ${vp_golden})

add_test(NAME schema COMMAND ${VNETPROBE_PYTHON} -m pytest -q -p no:cacheprovider
  ${PROJECT_SOURCE_DIR}/tests/schema)
set_tests_properties(schema PROPERTIES
  ENVIRONMENT "REPORT_SAMPLE=$<TARGET_FILE:report_sample>;PYTHONDONTWRITEBYTECODE=1")
