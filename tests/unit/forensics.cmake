vp_unit_test(test_forensics_parts probe/test_forensics_parts.c vp_probe)
vp_unit_test(test_forensics_jobs probe/test_forensics_jobs.c vp_probe)
vp_unit_test(test_dns_variant probe/test_dns_variant.c vp_probe)
vp_unit_test(test_forensics_engine probe/test_forensics_engine.c vp_probe)

# Carries out single orders for tests/lab/test_forensics.py.
add_executable(give_orders probe/give_orders.c)
target_link_libraries(give_orders PRIVATE vp_probe)
