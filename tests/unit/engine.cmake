vp_unit_test(test_loop probe/test_loop.c vp_probe)
vp_unit_test(test_tls probe/test_tls.c vp_probe PkgConfig::OPENSSL)
vp_unit_test(test_engine probe/test_engine.c vp_probe)
