// spdlog without its registry: no global logger, no background thread, no static initialiser. This
// is the only file that includes it.
#define SPDLOG_PREVENT_CHILD_FD  // the log file is opened O_CLOEXEC: no child of ours holds it
#include "proxy/observe/log.h"

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cerrno>
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
  to_stderr->set_pattern(kStderrPattern);
  std::vector<spdlog::sink_ptr> sinks{to_stderr};
  std::string complaint;
  if (!settings.file.empty() && make_private_file(settings.file, complaint)) {
    try {
      auto to_file = std::make_shared<spdlog::sinks::basic_file_sink_st>(settings.file);
      to_file->set_pattern(kFilePattern);
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

}  // namespace

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
}

}  // namespace bridge::observe
