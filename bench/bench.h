// `gopls-bridge bench`, from its arguments to its exit code. Sessions touch nothing of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bench/stage.h"

namespace bridge::bench {

// Prints to stdout; progress and complaints go to stderr. Returns an exit code (exit_codes.h), or
// kExitInterrupted after Ctrl-C; what had been measured until then has been printed.
int run_bench(const std::vector<std::string>& args, const Context& context);

inline constexpr int kExitInterrupted = 130;  // as shells say it: 128 + SIGINT

// The processes that a run starts from the same executable, by the command's name: "bench-…".
bool is_bench_process(std::string_view command);
int run_bench_process(const std::string& command, const std::vector<std::string>& args);

}  // namespace bridge::bench
