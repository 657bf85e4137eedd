// Stands in for gopls: reads a whole frame, answers a request with a response of the same size, on
// stdio or on a socket. It blocks and does nothing else, so that what is measured is the way to it.
#pragma once

#include <string>
#include <vector>

namespace bridge::bench {

// Flags: --unix PATH | --tcp | --vsock: listens, and writes one line to stdout once connect()
// succeeds: the port of the last two; --workers N: so many connections at a time; --two-writes:
// header and body of an answer apart, as gopls writes them. Others are ignored, and the variable
// kTwoWritesVariable is --two-writes: a relay that starts it passes flags of its own,
// or none.
//
// `shutdown` is answered, `exit` ends it; notifications are read and forgotten, but for two:
//   bench/stream {"frames":N,"bytes":N}  it writes so many notifications of that size;
//   bench/delay {"ns":N}                 it is busy for so long before each answer from now on.
int run_echo_server(const std::vector<std::string>& args);

inline constexpr const char* kTwoWritesVariable = "ECHO_TWO_WRITES";

}  // namespace bridge::bench
