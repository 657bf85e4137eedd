// fake_server as a server that listens: many sessions beside one another, in one thread.
#pragma once

#include "tests/rigs/fake_server_options.h"

namespace bridge::rigs {

// As --listen-unix says, or as `gopls serve -listen=unix;PATH -listen.timeout=DURATION` does:
// refuses a path that is there (exit code 2), says on stderr that it listens before it does, ends
// when it had no client for so long (exit code 2, its socket removed). The exit code.
int listen_and_serve(const FakeServerOptions& options);

}  // namespace bridge::rigs
