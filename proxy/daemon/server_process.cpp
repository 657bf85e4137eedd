#include "proxy/daemon/server_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "proxy/kernel/connect_to_file.h"
#include "proxy/lease/control_message.h"
#include "proxy/observe/log.h"
#include "proxy/relay/telling_line.h"
#include "proxy/server/proc_stat.h"

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;
using lease::ControlMessage;

constexpr char kRecord[] = ".record";
constexpr char kSocket[] = ".sock";
constexpr char kErrors[] = ".log";
constexpr char kErrorsOld[] = ".log.old";  // CappedFile's

// For a gopls whose daemon is gone: long enough for a front that lost it to start the next daemon.
constexpr char kListenTimeout[] = "-listen.timeout=1m0s";

std::string read_text(const std::string& path) {
  UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  std::string text(lease::kControlMessageBytesMax, '\0');
  ssize_t const size = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

boost::system::result<UniqueFd> connect_by(int socket_file) {
  UniqueFd fd = kernel::connect_to_file(socket_file, SOCK_STREAM);
  if (!fd) return boost::system::error_code(errno, boost::system::system_category());
  return fd;
}

}  // namespace

ServerProcess::ServerProcess(const lease::RuntimeDirectory& directory, std::string name)
    : servers_(directory.path + '/' + lease::kServersDirectory), name_(std::move(name)) {}

std::string ServerProcess::file(const char* extension) const {
  return servers_ + '/' + name_ + extension;
}

// --- start ---------------------------------------------------------------------------------------

std::unique_ptr<ServerProcess> ServerProcess::start(const lease::RuntimeDirectory& directory,
                                                    const std::string& name, const Recipe& recipe,
                                                    std::string& error) {
  std::unique_ptr<ServerProcess> server(new ServerProcess(directory, name));
  auto const failed = [&](const std::string& what, int code) {
    error = what + ": " + std::strerror(code);
    return nullptr;
  };
  if (::mkdir(server->servers_.c_str(), 0700) != 0 && errno != EEXIST)
    return failed("cannot make " + server->servers_, errno);
  std::string const socket = server->file(kSocket);
  if (socket.size() >= sizeof(sockaddr_un::sun_path))
    return failed("the path of a socket is too long: " + socket, ENAMETOOLONG);
  ::unlink(socket.c_str());  // of no living gopls: the name is new

  server->errors_.emplace(server->file(kErrors));
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return failed("cannot open /dev/null", errno);
  int const errors = server->errors_->fd() >= 0 ? server->errors_->fd() : null.get();

  server::ChildCommand command{.path = recipe.program,
                               .args = {"serve", "-listen=unix;" + socket, kListenTimeout},
                               .environment = recipe.environment,
                               .directory = "/",
                               .outlives_us = true,
                               .umask = recipe.umask};
  command.args.insert(command.args.end(), recipe.args.begin(), recipe.args.end());
  auto child = server::ChildProcess::start(command, {null.get(), null.get(), errors});
  if (!child) {
    error = "cannot start " + recipe.program + ": " + child.error().message();
    return nullptr;
  }
  if (child->exit_fd() < 0) {
    child->kill();
    error = "cannot watch " + recipe.program +
            ": no descriptor of its process (out of descriptors, or Linux before 5.3)";
    return nullptr;
  }
  server->recipe_ = recipe;
  server->recipe_.environment.clear();
  for (std::string const& entry : recipe.environment)
    server->names_.push_back(entry.substr(0, entry.find('=')));
  server->child_.emplace(std::move(*child));
  server->pid_ = server->child_->pid();
  server->start_ticks_ = server::process_start(server->pid_).value_or(0);
  server->began_ = static_cast<std::uint64_t>(std::time(nullptr));
  return server;
}

ServerProcess::Serving ServerProcess::try_to_serve() {
  // gopls says that it listens before it has bound its socket: connecting is the only proof.
  if (!hold_socket()) return Serving::not_yet;
  auto connection = connect_by(socket_.get());
  if (!connection) return Serving::not_yet;
  held_ = std::move(*connection);
  write_record();
  return Serving::yes;
}

bool ServerProcess::hold_socket() {
  socket_.reset(::open(file(kSocket).c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  if (!socket_ || ::fstat(socket_.get(), &facts) != 0 || !S_ISSOCK(facts.st_mode)) return false;
  socket_inode_ = facts.st_ino;
  return true;
}

boost::system::result<UniqueFd> ServerProcess::connect() { return connect_by(socket_.get()); }

// --- record --------------------------------------------------------------------------------------

// No values of the environment: they may be secrets.
void ServerProcess::write_record() const {
  ControlMessage record{.verb = "record", .fields = {}};
  record.add("pid", static_cast<std::uint64_t>(pid_))
      .add("start", start_ticks_)
      .add("socket", socket_inode_)
      .add("began", began_)
      .add("key", recipe_.key)
      .add("program", recipe_.program)
      .add("go", recipe_.go)
      .add("go_version", recipe_.go_version);
  for (std::string const& variable : names_) record.add("env", variable);
  std::string const text = encode(record);
  std::string const path = file(kRecord);
  std::string const fresh = path + ".new";
  UniqueFd const fd(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  bool const written =
      fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (written && ::rename(fresh.c_str(), path.c_str()) == 0) return;
  observe::log(observe::LogLevel::warn, "cannot write " + path + ": " + std::strerror(errno) +
                                            "; the next daemon will not know the gopls with pid " +
                                            std::to_string(pid_));
}

bool ServerProcess::read_record() {
  auto const record = lease::decode_control(read_text(file(kRecord))).message;
  if (!record || record->verb != "record") return false;
  auto const pid = record->number("pid");
  auto const start = record->number("start");
  auto const socket = record->number("socket");
  if (!pid || *pid <= 1 || !start || !socket) return false;
  pid_ = static_cast<pid_t>(*pid);
  start_ticks_ = *start;
  socket_inode_ = *socket;
  began_ = record->number("began").value_or(0);
  recipe_.key = record->get("key");
  recipe_.program = record->get("program");
  recipe_.go = record->get("go");
  recipe_.go_version = record->get("go_version");
  names_ = record->all("env");
  return true;
}

std::vector<std::string> ServerProcess::recorded(const lease::RuntimeDirectory& directory) {
  std::vector<std::string> names;
  std::string const path = directory.path + '/' + lease::kServersDirectory;
  DIR* const entries = ::opendir(path.c_str());
  if (entries == nullptr) return names;
  while (dirent const* entry = ::readdir(entries)) {
    std::string_view const name(entry->d_name);
    if (name.ends_with(kRecord))
      names.emplace_back(name.substr(0, name.size() - std::strlen(kRecord)));
  }
  ::closedir(entries);
  // "s9" before "s10": in the order in which they were started.
  std::sort(names.begin(), names.end(), [](const std::string& one, const std::string& other) {
    return std::pair(one.size(), one) < std::pair(other.size(), other);
  });
  return names;
}

std::unique_ptr<ServerProcess> ServerProcess::adopt(const lease::RuntimeDirectory& directory,
                                                    const std::string& name) {
  std::unique_ptr<ServerProcess> server(new ServerProcess(directory, name));
  bool const known = server->read_record();
  if (known) {
    server->pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, server->pid_, 0)));
    // The descriptor first: the process it names cannot become another one any more.
    bool const lives = server->pidfd_ &&
                       server::process_start(server->pid_) == std::optional(server->start_ticks_);
    std::uint64_t const recorded_inode = server->socket_inode_;
    bool const listens = lives && server->hold_socket() && server->socket_inode_ == recorded_inode;
    if (listens) {
      if (auto held = server->connect()) {
        server->held_ = std::move(*held);
        server->adopted_ = true;
        server->errors_.emplace(server->file(kErrors));
        return server;
      }
    }
    // It lives and does not listen here: it ends by itself when its sessions leave.
    if (lives) {
      ::unlink(server->file(kRecord).c_str());
      return nullptr;
    }
  }
  for (const char* const extension : {kRecord, kSocket, kErrors, kErrorsOld})
    ::unlink(server->file(extension).c_str());
  return nullptr;
}

void ServerProcess::forget(const lease::RuntimeDirectory& directory, const std::string& name) {
  ServerProcess const server(directory, name);
  if (::access(server.file(kRecord).c_str(), F_OK) == 0) return;  // it lives
  for (const char* const extension : {kErrors, kErrorsOld})
    ::unlink(server.file(extension).c_str());
}

void ServerProcess::move_to(const lease::RuntimeDirectory& directory) {
  servers_ = directory.path + '/' + lease::kServersDirectory;
  ::mkdir(servers_.c_str(), 0700);
  write_record();
}

// --- end -----------------------------------------------------------------------------------------

int ServerProcess::exit_fd() const noexcept { return child_ ? child_->exit_fd() : pidfd_.get(); }

void ServerProcess::end() {
  held_.reset();
  ::syscall(SYS_pidfd_send_signal, exit_fd(), SIGTERM, nullptr, 0);
}

void ServerProcess::kill() { ::syscall(SYS_pidfd_send_signal, exit_fd(), SIGKILL, nullptr, 0); }

ServerProcess::End ServerProcess::take_end() {
  std::optional<server::ChildExit> exit;
  if (child_) {
    exit = child_->exit_status();
  } else {
    // A child of the process before a re-execution is ours too; of another daemon's it is not.
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) exit = server::child_exit(status);
  }
  End end;
  if (exit) {
    end.words = describe(*exit);
    end.killed = exit->signal == SIGKILL;
  }
  std::string const last = errors_ ? errors_->telling_line() : std::string();
  // Another daemon's child: its stderr alone tells. What kills it from outside lets it say nothing.
  if (!exit) end.killed = !relay::begins_a_panic(last);
  if (!last.empty()) end.words += (end.words.empty() ? "it wrote: " : "; it wrote: ") + last;
  // What it wrote stays for `logs` until the next daemon.
  for (const char* const extension : {kRecord, kSocket}) ::unlink(file(extension).c_str());
  return end;
}

}  // namespace bridge::daemon
