// The program's log. Never called on the relay path (DESIGN.md, "Invariants"): a frame is counted,
// not logged. stdout is never written to.
//
// Silent by default: VS Code shows every line on stderr as an error, so only `error` goes there
// unless the user asks for more. With a file set, everything at or above the level goes to the file
// and errors go to stderr as well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bridge::observe {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };

struct LogSettings {
  LogLevel level = LogLevel::error;
  std::string file;  // empty: stderr
};

// Takes effect for the messages that follow. A file that cannot be opened is said on stderr once,
// and stderr is used. Nothing is opened before the first message that is let through.
void configure_log(LogSettings settings);

// Whether a message of this level would be written: lets a caller skip formatting.
bool log_enabled(LogLevel level) noexcept;

// One line, without a newline at its end; newlines inside become spaces.
void log(LogLevel level, std::string_view message);

}  // namespace bridge::observe
