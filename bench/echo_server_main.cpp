// The echo server as a program of its own, for the benchmarks that are not commands of
// gopls-bridge.
#include "bench/echo_server.h"

int main(int argc, char** argv) { return bridge::bench::run_echo_server({argv + 1, argv + argc}); }
