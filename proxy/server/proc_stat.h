// Text of /proc/PID, as far as this program asks for it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::server {

// The first decimal number of the text, blanks before it passed over.
std::optional<std::uint64_t> number_at(std::string_view text);

// A short file (at most 4 KiB of it); empty where it cannot be read.
std::string read_proc_file(pid_t pid, std::string_view name);

// Field `number` of /proc/PID/stat as proc(5) counts them, from 3 on (behind the name).
std::optional<std::uint64_t> proc_stat_field(pid_t pid, int number);

// When it was started, in clock ticks since boot: with the pid it names one process for ever.
inline std::optional<std::uint64_t> process_start(pid_t pid) { return proc_stat_field(pid, 22); }

}  // namespace bridge::server
