# Golden files stand beside the tests; golden.c compares with them.
set(vp_golden golden.c)
set_source_files_properties(golden.c PROPERTIES
  COMPILE_DEFINITIONS TEST_SOURCE_DIR="${CMAKE_CURRENT_SOURCE_DIR}")

vp_unit_test(test_obs_json model/test_obs_json.c vp_model)
target_sources(test_obs_json PRIVATE model/obs_sample.c ${vp_golden})
