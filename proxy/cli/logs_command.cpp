// `gopls-bridge logs [--follow] [--server sN]`: the daemon's log, from the journal where systemd
// runs it, else from its file; or what a gopls wrote to stderr. Lines as they are in there.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "proxy/cli/commands.h"
#include "proxy/cli/daemon_log.h"
#include "proxy/cli/daemon_query.h"
#include "proxy/cli/print.h"
#include "proxy/exit_codes.h"
#include "proxy/kernel/unique_fd.h"
#include "proxy/lease/runtime_directory.h"
#include "proxy/server/become_program.h"

namespace bridge::cli {
namespace {

// Of a file that may have a megabyte: some hundreds of lines.
constexpr off_t kShownBytes = 64 * 1024;
constexpr int kFollowMs = 200;
constexpr char kJournalctl[] = "/usr/bin/journalctl";

kernel::UniqueFd open_file(const std::string& path) {
  return kernel::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW));
}

// What has come since `offset`, which moves on. Not kExitOk: stdout takes no more.
int print_from(int fd, off_t& offset) {
  char piece[16 * 1024];
  for (;;) {
    ssize_t const got = ::pread(fd, piece, sizeof piece, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return kExitOk;
    offset += got;
    if (int const code = print(std::string_view(piece, static_cast<std::size_t>(got)));
        code != kExitOk)
      return code;
  }
}

// The beginning of a line, at most kShownBytes before the end.
off_t where_to_begin(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || status.st_size <= kShownBytes) return 0;
  off_t const from = status.st_size - kShownBytes;
  char piece[4096];
  ssize_t const got = ::pread(fd, piece, sizeof piece, from);
  if (got <= 0) return from;
  const void* const newline = std::memchr(piece, '\n', static_cast<std::size_t>(got));
  return newline == nullptr ? from : from + (static_cast<const char*>(newline) - piece) + 1;
}

bool is_same_file(int fd, const std::string& path) {
  struct stat open;
  struct stat there;
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &there) == 0 &&
         open.st_ino == there.st_ino && open.st_dev == there.st_dev;
}

int show_file(const std::string& path, bool follow) {
  auto file = open_file(path);
  if (!file && !(follow && errno == ENOENT)) {
    complain("cannot read " + path + ": " + std::strerror(errno));
    return kExitNoServer;
  }
  off_t offset = file ? where_to_begin(file.get()) : 0;
  for (;;) {
    if (file) {
      if (int const code = print_from(file.get(), offset); code != kExitOk) return code;
    }
    if (!follow) return kExitOk;
    ::poll(nullptr, 0, kFollowMs);
    // The log was moved aside, or a stderr cut (proxy/daemon/capped_file.h): from its beginning.
    struct stat status;
    if (file && ::fstat(file.get(), &status) == 0 && status.st_size < offset) offset = 0;
    if (file && is_same_file(file.get(), path)) continue;
    auto next = open_file(path);
    if (!next) continue;
    if (file) {
      if (int const code = print_from(file.get(), offset); code != kExitOk) return code;
    }
    file = std::move(next);
    offset = 0;
  }
}

int show_journal(const std::string& instance, bool follow) {
  std::string const unit = instance.empty() ? "gopls-bridge" : "gopls-bridge@" + instance;
  std::vector<std::string> args{"--user", "--unit=" + unit + ".service", "--lines=500"};
  args.emplace_back(follow ? "--follow" : "--no-pager");
  auto const error = server::become_program(kJournalctl, args);
  complain("cannot run " + std::string(kJournalctl) + ": " + error.message());
  return kExitNoServer;
}

// Of a gopls that the daemon knows, by its word; of one that has ended, where it lies.
std::string stderr_of(const DaemonAnswer& answer, std::string_view name) {
  for (auto const& message : answer.messages)
    if (message.verb == "server" && message.get("server") == name)
      return std::string(message.get("log"));
  return answer.directory + '/' + lease::kServersDirectory + '/' + std::string(name) + ".log";
}

bool is_server_name(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

}  // namespace

int run_logs_command(const Invocation& invocation, const Configuration& configuration,
                     const server::Environment& environment) {
  if (!invocation.command_args.empty()) {
    complain("logs: unexpected argument: " + invocation.command_args.front());
    return kExitUsage;
  }
  bool const follow = invocation.command_flag("follow") != nullptr;
  std::string const& instance = configuration[SettingId::instance].text;
  const auto* const server = invocation.command_flag("server");
  if (server != nullptr && !is_server_name(*server)) {
    complain("--server=" + *server + " is no gopls of the daemon's, as \"s1\" would be");
    return kExitUsage;
  }
  auto const answer = ask_daemon(environment, instance, {.verb = "status", .fields = {}}, "end");
  if (server != nullptr) return show_file(stderr_of(answer, *server), follow);

  bool systemd = answer.kind == DaemonAnswer::Kind::none && answer.systemd_waits;
  for (auto const& message : answer.messages)
    if (message.verb == "daemon") systemd = message.get("started") == "systemd";
  if (systemd) return show_journal(instance, follow);
  auto const file = daemon_log_file(environment, instance);
  if (file.empty()) {
    complain("no log: neither XDG_STATE_HOME nor HOME is an absolute path");
    return kExitNoServer;
  }
  return show_file(file, follow);
}

}  // namespace bridge::cli
