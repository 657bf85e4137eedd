// An executable that is no bridge and that plays the server's part of the recording.
#include "bench/workload/workload_bench.h"

int main() { return bridge::bench::run_workload_server(); }
