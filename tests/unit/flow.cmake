add_library(flow_wire STATIC flow/wire.c)
target_link_libraries(flow_wire PUBLIC vp_flow)
vp_unit_test(test_packet flow/test_packet.c flow_wire)
vp_unit_test(test_flow flow/test_flow.c flow_wire)
