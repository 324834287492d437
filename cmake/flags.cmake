# One interface target carries every flag, so that no global variable has to.
add_library(vp_flags INTERFACE)
target_include_directories(vp_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(vp_flags INTERFACE _GNU_SOURCE
  VNETPROBE_VERSION="${PROJECT_VERSION}")
target_compile_options(vp_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
  -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough
  -Wdouble-promotion)
if(WERROR)
  target_compile_options(vp_flags INTERFACE -Werror)
endif()

if(SANITIZE)
  target_compile_options(vp_flags INTERFACE
    -fsanitize=${SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(vp_flags INTERFACE -fsanitize=${SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
  # Hardening needs the optimiser; assertions stay on in every build.
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
  string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO
    "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(vp_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
    -fstack-protector-strong -fstack-clash-protection -fPIE)
  target_link_options(vp_flags INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
if(FUZZ)
  target_compile_options(vp_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
