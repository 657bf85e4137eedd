// The program's log. Never called on the relay path (DESIGN.md, "Invariants"): a frame is counted,
// not logged. stdout is never written to.
//
// Silent by default: VS Code shows every line on stderr as an error, so only `error` goes there
// unless the user asks for more. With a file set, everything at or above the level goes to the file
// and errors go to stderr as well. A daemon under systemd writes to stderr what journald reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bridge::observe {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
// By its name; what is none is `error`.
LogLevel log_level(std::string_view name) noexcept;

// How many files a log has that rotates: NAME.jsonl, NAME.1.jsonl, …
inline constexpr int kLogFiles = 3;

struct LogSettings {
  LogLevel level = LogLevel::error;
  // Empty: stderr. If it ends in ".jsonl", each line is an object: time, level, pid, message.
  std::string file = {};
  // From this size on the file becomes the second of kLogFiles; 0: it grows. For one writer only.
  std::uint64_t file_bytes_max = 0;
  // stderr is the journal's: each line begins with its priority, "<6>" (sd-daemon(3)).
  bool to_journal = false;
};

// Takes effect for the messages that follow. A file that cannot be opened is said on stderr once,
// and stderr is used. Nothing is opened before the first message that is let through.
void configure_log(LogSettings settings);

// Whether a message of this level would be written: lets a caller skip formatting.
bool log_enabled(LogLevel level) noexcept;

// One line, without a newline at its end; newlines inside become spaces.
void log(LogLevel level, std::string_view message);

}  // namespace bridge::observe
