// What makes a stand-in a true Go program for the bridge: build information. FAKE_IDENTITY is the
// import path of its main package.
#include "proxy/server/go_build_info.h"

extern "C" __attribute__((section(".go.buildinfo"), used, retain, aligned(16)))
const bridge::server::BuildInfoBlock fake_build_info = *bridge::server::encode_build_info(
    "go1.25.3", "path\t" FAKE_IDENTITY "\nmod\t" FAKE_IDENTITY "\tv0.99.0\th1:fake=\n");
