// Output of our own subcommands. Sessions never use it: their stdout carries frames only.
#pragma once

#include <string_view>

namespace bridge::cli {

// Writes all of it to stdout. Returns kExitOk, or kExitInternal where stdout does not take it.
int print(std::string_view text);

}  // namespace bridge::cli
