// spdlog without its registry: no global logger, no background thread, no static initialiser. This
// is the only file that includes it.
#define SPDLOG_PREVENT_CHILD_FD  // the log file is opened O_CLOEXEC: no child of ours holds it
#include "proxy/observe/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::observe {
namespace {

// One session writes at most a few lines: the sinks without a mutex do (one thread, DESIGN.md).
constexpr char kFilePattern[] = "%Y-%m-%dT%H:%M:%S.%e%z %l [%P] %v";
// VS Code puts a time before each line of its server's stderr itself.
constexpr char kStderrPattern[] = "gopls-bridge: %v";
// "%*" is the message as JSON has it, "%N" the priority of syslog(3).
constexpr char kJsonPattern[] =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","pid":%P,"message":"%*"})";
constexpr char kJournalPattern[] = "<%N>%v";
constexpr std::string_view kJsonSuffix = ".jsonl";

struct Log {
  LogSettings settings;
  std::unique_ptr<spdlog::logger> logger;  // null until the first message is let through
};

Log& the_log() {
  // Never destroyed: a message written while the program ends must find it.
  static Log* const instance = new Log;
  return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

// How many bytes of a UTF-8 sequence begin here; 0: none that is one. (Overlong ones and surrogates
// are let through to readers, which replace them.)
std::size_t utf8_sequence(std::string_view text) {
  auto const first = static_cast<unsigned char>(text.front());
  std::size_t const size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size > text.size()) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  return size;
}

// The inside of a JSON string. A line may quote anything that a server wrote.
std::string json_text(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    auto const size = utf8_sequence(text);
    char const c = text.front();
    if (size == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string const text =
        json_text(std::string_view(message.payload.data(), message.payload.size()));
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    switch (message.level) {
      case spdlog::level::err:
        return out.push_back('3');
      case spdlog::level::warn:
        return out.push_back('4');
      case spdlog::level::debug:
        return out.push_back('7');
      default:
        return out.push_back('6');
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPriority>();
  }
};

std::unique_ptr<spdlog::formatter> formatter(const char* pattern) {
  auto made = std::make_unique<spdlog::pattern_formatter>();
  made->add_flag<JsonMessage>('*').add_flag<JournalPriority>('N').set_pattern(pattern);
  return made;
}

// "a/daemon.jsonl", 1 -> "a/daemon.1.jsonl"
std::string older(const std::string& file, int age) {
  if (age == 0) return file;
  auto const slash = file.rfind('/') + 1;  // npos + 1 = 0
  auto const dot = std::min(file.size(), file.find_last_of('.'));
  auto const at = dot > slash ? dot : file.size();
  return file.substr(0, at) + '.' + std::to_string(age) + file.substr(at);
}

// Made here, not by spdlog: that one retries a failed open for 50 ms, makes missing directories and
// leaves the mode to the umask. A line may quote the server's stderr, which is the user's own.
bool make_private_file(const std::string& path, std::string& complaint) {
  kernel::UniqueFd const fd(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (fd) return true;
  complaint = "cannot write the log file " + path + ": " + std::strerror(errno);
  return false;
}

std::unique_ptr<spdlog::logger> open_logger(const LogSettings& settings) {
  auto to_stderr = std::make_shared<spdlog::sinks::stderr_sink_st>();
  to_stderr->set_formatter(formatter(settings.to_journal ? kJournalPattern : kStderrPattern));
  std::vector<spdlog::sink_ptr> sinks{to_stderr};
  std::string complaint;
  if (!settings.file.empty() && make_private_file(settings.file, complaint)) {
    try {
      auto to_file = std::make_shared<spdlog::sinks::basic_file_sink_st>(settings.file);
      bool const json = std::string_view(settings.file).ends_with(kJsonSuffix);
      to_file->set_formatter(formatter(json ? kJsonPattern : kFilePattern));
      sinks.push_back(std::move(to_file));
      to_stderr->set_level(spdlog::level::err);
    } catch (const std::exception& e) {  // spdlog reports a failed open in no other way
      complaint = e.what();
    }
  }
  auto logger = std::make_unique<spdlog::logger>("gopls-bridge", sinks.begin(), sinks.end());
  logger->set_level(spdlog::level::trace);  // `log` below has decided already
  logger->flush_on(spdlog::level::trace);   // a line must survive kill -9
  if (!complaint.empty()) logger->error("{}; logging to stderr", complaint);
  return logger;
}

// Not by spdlog's rotating sink: that one makes its files with the umask's mode. A rename that
// fails is ignored: the log goes on where it is.
void rotate(Log& log) {
  if (log.settings.file_bytes_max == 0) return;
  std::string const& file = log.settings.file;
  struct stat status;
  if (::stat(file.c_str(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) < log.settings.file_bytes_max)
    return;
  for (int age = kLogFiles - 1; age > 0; --age)
    static_cast<void>(::rename(older(file, age - 1).c_str(), older(file, age).c_str()));
  log.logger.reset();
}

}  // namespace

LogLevel log_level(std::string_view name) noexcept {
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warn") return LogLevel::warn;
  if (name == "off") return LogLevel::off;
  return LogLevel::error;
}

void configure_log(LogSettings settings) {
  Log& log = the_log();
  log.settings = std::move(settings);
  log.logger.reset();
}

bool log_enabled(LogLevel level) noexcept {
  return level != LogLevel::off && level >= the_log().settings.level;
}

void log(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) return;
  Log& log = the_log();
  if (!log.logger) log.logger = open_logger(log.settings);
  std::string line(message);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  log.logger->log(spdlog_level(level), "{}", line);
  rotate(log);
}

}  // namespace bridge::observe
