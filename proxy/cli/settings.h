// Every setting there is, in one table: its key in the configuration file, its environment
// variable, its flag, its type, bounds, default and one line about it. Help, `config` and the
// checks read it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::cli {

enum class SettingId : std::uint8_t {
  gopls,
  go,
  connect,
  frame_limit_bytes,
  drain_timeout_ms,
  shutdown_answer_after_ms,
  zero_copy,
  replay,
  replay_wait,
  hibernate_after,
  hang_timeout,
  document_limit_bytes,
  share,
  start_daemon,
  lease_deadline,
  isolation,
  park,
  instance,
  idle_timeout,
  daemon_idle_timeout,
  park_timeout,
  parked_max,
  memory_budget_mib,
  cpu_weight,
  log_level,
  log_file,
};

enum class SettingType : std::uint8_t {
  program,
  path,
  address,
  integer,
  boolean,
  duration,  // as Go writes one, or "off" or "never", which is none at all
  zero_copy,
  isolation,
  instance,
  log_level,
};

struct SettingKey {
  SettingId id;
  SettingType type;
  std::string_view key;            // in the file; a dot separates table and key
  const char* variable;            // in the environment
  std::string_view flag;           // without dashes; empty: none
  std::string_view default_value;  // empty: not set
  std::int64_t min;                // of an integer; of a duration, in ms
  std::int64_t max;
  std::string_view about;
};

// Names chosen so that a key, its variable and its flag are read as the same thing. No flag is
// named like one of gopls' (tests/cli/names_test.cpp).
inline constexpr std::array<SettingKey, 26> kSettingKeys = {{
    {SettingId::gopls, SettingType::program, "gopls", "GOPLS_BRIDGE_GOPLS", "gopls", "", 0, 0,
     "the real gopls, instead of looking for it"},
    {SettingId::go, SettingType::program, "go", "GOPLS_BRIDGE_GO", "", "", 0, 0,
     "the go command for gopls, put first on its PATH"},
    {SettingId::connect, SettingType::address, "connect", "GOPLS_BRIDGE_CONNECT", "connect", "", 0,
     0, "a gopls that listens already: /path, unix;/path, 127.0.0.1:port or localhost:port"},
    // From a message that any client sends at once to what gopls itself reads (2 GiB).
    {SettingId::frame_limit_bytes, SettingType::integer, "frame_limit_bytes",
     "GOPLS_BRIDGE_FRAME_LIMIT_BYTES", "frame-limit", "67108864", 65536, 2147483647,
     "the largest message that passes"},
    {SettingId::drain_timeout_ms, SettingType::integer, "drain_timeout_ms",
     "GOPLS_BRIDGE_DRAIN_TIMEOUT_MS", "", "3000", 0, 60000,
     "how long answers are waited for after the editor's end of file"},
    {SettingId::shutdown_answer_after_ms, SettingType::integer, "shutdown_answer_after_ms",
     "GOPLS_BRIDGE_SHUTDOWN_ANSWER_AFTER_MS", "", "200", 0, 60000,
     "how long gopls has to answer shutdown before the bridge does"},
    {SettingId::zero_copy, SettingType::zero_copy, "zero_copy", "GOPLS_BRIDGE_ZERO_COPY", "",
     "auto", 0, 0,
     "large messages pass through the kernel alone: auto (Linux 6.5 or newer), on or off"},
    {SettingId::replay, SettingType::boolean, "replay", "GOPLS_BRIDGE_REPLAY", "replay", "true", 0,
     0, "a gopls that is lost or replaced is started again, and told what the session was"},
    // An hour is longer than any editor waits.
    {SettingId::replay_wait, SettingType::duration, "replay_wait", "GOPLS_BRIDGE_REPLAY_WAIT",
     "replay-wait", "10s", 0, 3'600'000,
     "how long requests wait for another gopls before they get an error"},
    // Thirty days: no wait of the kernel's or Asio's overflows with it.
    {SettingId::hibernate_after, SettingType::duration, "hibernate_after",
     "GOPLS_BRIDGE_HIBERNATE_AFTER", "hibernate-after", "30m", 0, 2'592'000'000,
     "gopls is stopped when the editor was quiet for so long, woken when needed; off: never"},
    {SettingId::hang_timeout, SettingType::duration, "hang_timeout", "GOPLS_BRIDGE_HANG_TIMEOUT",
     "hang-timeout", "off", 0, 2'592'000'000,
     "a gopls that owes answers and gives none for so long is replaced; off: never"},
    // From the smallest that leaves any source file to what a message can hold.
    {SettingId::document_limit_bytes, SettingType::integer, "document_limit_bytes",
     "GOPLS_BRIDGE_DOCUMENT_LIMIT_BYTES", "document-limit", "16777216", 1024, 2147483647,
     "the largest open file whose unsaved text outlives gopls"},
    {SettingId::share, SettingType::boolean, "share", "GOPLS_BRIDGE_SHARE", "share", "true", 0, 0,
     "windows with equal toolchains use one gopls; --private is --share=false"},
    {SettingId::start_daemon, SettingType::boolean, "start_daemon", "GOPLS_BRIDGE_START_DAEMON",
     "start-daemon", "true", 0, 0, "the daemon that shares is started where none listens"},
    // A minute is longer than any editor waits for initialize.
    {SettingId::lease_deadline, SettingType::duration, "lease_deadline",
     "GOPLS_BRIDGE_LEASE_DEADLINE", "lease-deadline", "1s", 1, 60'000,
     "how long a shared gopls is waited for before the session gets one of its own"},
    {SettingId::isolation, SettingType::isolation, "isolation", "GOPLS_BRIDGE_ISOLATION",
     "isolation", "none", 0, 0,
     "who shares: none (all with equal toolchains) or workspace (only with equal folders)"},
    {SettingId::park, SettingType::boolean, "park", "GOPLS_BRIDGE_PARK", "park", "true", 0, 0,
     "a session that is left stays warm for one that begins alike: a reload, the next agent"},
    {SettingId::instance, SettingType::instance, "instance", "GOPLS_BRIDGE_INSTANCE", "instance",
     "", 0, 0, "a daemon apart, and the settings of [instance.NAME]"},
    {SettingId::idle_timeout, SettingType::duration, "idle_timeout", "GOPLS_BRIDGE_IDLE_TIMEOUT",
     "idle-timeout", "10m", 0, 2'592'000'000,
     "a shared gopls without sessions ends after so long; never"},
    {SettingId::daemon_idle_timeout, SettingType::duration, "daemon_idle_timeout",
     "GOPLS_BRIDGE_DAEMON_IDLE_TIMEOUT", "daemon-idle-timeout", "1m", 0, 2'592'000'000,
     "the daemon without gopls and sessions ends after so long; never"},
    {SettingId::park_timeout, SettingType::duration, "park_timeout", "GOPLS_BRIDGE_PARK_TIMEOUT",
     "park-timeout", "10m", 0, 2'592'000'000, "a parked session is ended after so long; never"},
    // Each costs the daemon its state, some ten MiB in a large workspace, and gopls its memory.
    {SettingId::parked_max, SettingType::integer, "parked_max", "GOPLS_BRIDGE_PARKED_MAX",
     "parked-max", "8", 0, 1000, "parked sessions that are kept, the latest; 0: none"},
    // 16 TiB: more than a machine has.
    {SettingId::memory_budget_mib, SettingType::integer, "memory_budget_mib",
     "GOPLS_BRIDGE_MEMORY_BUDGET_MIB", "memory-budget", "0", 0, 16'777'216,
     "memory of all shared gopls from which the longest idle must sleep; 0: no bound"},
    // systemd.resource-control(5): CPUWeight=.
    {SettingId::cpu_weight, SettingType::integer, "cpu_weight", "GOPLS_BRIDGE_CPU_WEIGHT",
     "cpu-weight", "100", 0, 10'000,
     "CPUWeight of each shared gopls' scope, under systemd; 0: no scope of its own"},
    {SettingId::log_level, SettingType::log_level, "log.level", "GOPLS_BRIDGE_LOG_LEVEL",
     "log-level", "error", 0, 0, "debug, info, warn, error or off (the daemon's own is info)"},
    {SettingId::log_file, SettingType::path, "log.file", "GOPLS_BRIDGE_LOG_FILE", "log-file", "", 0,
     0, "where log lines go besides errors on stderr; as JSON if it ends in .jsonl"},
}};

// Not settings, but of our family: the file itself, and the mark that ends a circle of starts.
inline constexpr char kConfigVariable[] = "GOPLS_BRIDGE_CONFIG";
inline constexpr std::string_view kConfigFlag = "config";
// Another spelling of --share, the other way round.
inline constexpr std::string_view kPrivateFlag = "private";
// The table in the file with a table of settings for each instance, which win there.
inline constexpr std::string_view kInstanceTable = "instance";
inline constexpr std::string_view kVariablePrefix = "GOPLS_BRIDGE_";

constexpr const SettingKey& key_of(SettingId id) {
  return kSettingKeys[static_cast<std::size_t>(id)];
}
static_assert([] {
  for (std::size_t i = 0; i < kSettingKeys.size(); ++i)
    if (static_cast<std::size_t>(kSettingKeys[i].id) != i) return false;
  return true;
}());

// Null if there is none.
const SettingKey* find_key(std::string_view key);
const SettingKey* find_flag(std::string_view flag);

// What is wrong with `text` as a value of `key`: "is not a whole number"; nothing if all is well.
std::optional<std::string> complaint_about_value(const SettingKey& key, std::string_view text);

bool is_instance_name(std::string_view text);

// A whole number that fits; nothing otherwise.
std::optional<std::int64_t> parse_integer(std::string_view text);

// "off", "never" and "0" are zero; what is less than a millisecond is one. Nothing for what is
// negative or no duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace bridge::cli
