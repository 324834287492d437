add_library(obs_builder STATIC checks/obs_builder.c checks/probe_builder.c
  checks/capture_builder.c)
target_link_libraries(obs_builder PUBLIC vp_checks PkgConfig::CMOCKA)
foreach(part causes dns tcp tls http proxy websocket idle inbound run silent limits refused stream path group names flow flow_reset captured captured_stream)
  vp_unit_test(test_judge_${part} checks/test_judge_${part}.c obs_builder)
endforeach()
vp_unit_test(test_follow_up checks/test_follow_up.c obs_builder)
vp_unit_test(test_follow_up_dns checks/test_follow_up_dns.c obs_builder)
