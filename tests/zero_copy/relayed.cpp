#include "tests/zero_copy/relayed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bridge::zero_copy {
namespace {

using kernel::UniqueFd;

[[noreturn]] void fail_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int check(int result, const char* what) {
  if (result < 0) fail_errno(what);
  return result;
}

void wait_for(int fd, short events, std::string_view what) {
  pollfd one{fd, events, 0};
  auto const bound = std::chrono::milliseconds(rigs::kWaitMax).count();
  int ready = 0;
  do ready = ::poll(&one, 1, static_cast<int>(bound));
  while (ready < 0 && errno == EINTR);
  if (ready < 0) fail_errno("poll");
  if (ready == 0) throw std::runtime_error("nothing came in time: waited for " + std::string(what));
}

UniqueFd nonblocking(UniqueFd fd) {
  check(::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK), "F_SETFL");
  return fd;
}

UniqueFd duplicate(int fd) {
  return UniqueFd(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "F_DUPFD_CLOEXEC"));
}

struct Pair {
  UniqueFd first, second;
};
Pair make_socketpair() {
  int fds[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), "socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}
Pair make_pipe() {
  int fds[2];
  check(::pipe2(fds, O_CLOEXEC), "pipe2");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Master and slave, bytes passing as they are.
Pair make_terminal() {
  Pair pair;
  pair.first = UniqueFd(check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt"));
  std::array<char, 64> name{};
  if (::grantpt(pair.first.get()) != 0 || ::unlockpt(pair.first.get()) != 0 ||
      ::ptsname_r(pair.first.get(), name.data(), name.size()) != 0)
    fail_errno("pty");
  pair.second = UniqueFd(check(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC), name.data()));
  termios raw{};
  check(::tcgetattr(pair.second.get(), &raw), "tcgetattr");
  ::cfmakeraw(&raw);
  check(::tcsetattr(pair.second.get(), TCSANOW, &raw), "tcsetattr");
  return pair;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

UniqueFd accept_bounded(int listener, const char* who) {
  wait_for(listener, POLLIN, who);
  return UniqueFd(
      check(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK), "accept4"));
}

// The two descriptors that stdio_lender sends with its first byte.
Pair receive_stdio(int connection) {
  wait_for(connection, POLLIN, "the lender's descriptors");
  int lent[2] = {-1, -1};
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof lent)] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != 1) fail_errno("recvmsg");
  cmsghdr const* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_len != CMSG_LEN(sizeof lent))
    throw std::runtime_error("the lender sent no descriptors");
  std::memcpy(lent, CMSG_DATA(header), sizeof lent);
  return {UniqueFd(lent[0]), UniqueFd(lent[1])};
}

}  // namespace

void wait_readable(int fd, std::string_view what) { wait_for(fd, POLLIN, what); }

void Peer::close_write() {
  // Where `read` is the same socket, its close would not be seen as an end of file.
  if (write) ::shutdown(write.get(), SHUT_WR);
  write.reset();
}

void Peer::die() {
  read.reset();
  write.reset();
  process.reset();
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const sent = ::write(fd, bytes.data(), bytes.size());
    if (sent < 0 && errno != EAGAIN && errno != EINTR) fail_errno("write");
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (!bytes.empty()) wait_for(fd, POLLOUT, "the bridge to take what is sent");
  }
}

std::string read_to_end(int fd) {
  std::string all;
  std::vector<char> chunk(256 * 1024);
  for (;;) {
    ssize_t const got = ::read(fd, chunk.data(), chunk.size());
    if (got > 0) {
      all.append(chunk.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno == ECONNRESET || errno == EIO) {
      return all;
    } else if (errno == EAGAIN || errno == EINTR) {
      wait_for(fd, POLLIN, "the end of file behind " + std::to_string(all.size()) + " bytes");
    } else {
      fail_errno("read");
    }
  }
}

std::string read_exactly(int fd, std::size_t size) {
  std::string all(size, '\0');
  for (std::size_t have = 0; have < size;) {
    ssize_t const got = ::read(fd, all.data() + have, size - have);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      wait_for(fd, POLLIN,
               "byte " + std::to_string(have) + " of " + std::to_string(size) + " to be read");
    } else {
      throw std::runtime_error("ended after " + std::to_string(have) + " of " +
                               std::to_string(size) + " bytes");
    }
  }
  return all;
}

Relayed::Relayed(const Settings& settings) {
  ::signal(SIGPIPE, SIG_IGN);
  StdioPair const stdio = make_editor(settings);
  std::string address;
  UniqueFd const listener = listen_as_server(settings.server, address);
  start(settings, address, stdio);
  if (settings.keep_editor_ends) {
    kept_ends_.push_back(duplicate(stdio.in.get()));
    kept_ends_.push_back(duplicate(stdio.out.get()));
  }
  accept_server(settings.server, listener.get());
}

Relayed::~Relayed() {
  if (status_ || !watch_) return;
  ::kill(pid(), SIGKILL);  // our child and not reaped: the pid cannot be another's
  ::waitpid(pid(), nullptr, 0);
}

Relayed::StdioPair Relayed::make_editor(const Settings& settings) {
  switch (settings.editor) {
    case EditorKind::socketpairs: {
      Pair in = make_socketpair();
      Pair out = make_socketpair();
      editor.write = nonblocking(std::move(in.first));
      editor.read = nonblocking(std::move(out.first));
      return {std::move(in.second), std::move(out.second)};
    }
    case EditorKind::one_socket: {
      Pair both = make_socketpair();
      editor.write = nonblocking(std::move(both.first));
      editor.read = duplicate(editor.write.get());
      UniqueFd out = duplicate(both.second.get());
      return {std::move(both.second), std::move(out)};
    }
    case EditorKind::fifos: {
      Pair in = make_pipe();
      Pair out = make_pipe();
      editor.write = nonblocking(std::move(in.second));
      editor.read = nonblocking(std::move(out.first));
      return {std::move(in.first), std::move(out.second)};
    }
    case EditorKind::terminal: {
      Pair both = make_terminal();
      editor.write = nonblocking(std::move(both.first));
      editor.read = duplicate(editor.write.get());
      UniqueFd out = duplicate(both.second.get());
      return {std::move(both.second), std::move(out)};
    }
    case EditorKind::files: {
      std::string const input = directory_ / "input";
      std::ofstream file(input, std::ios::binary);
      for (std::string piece; settings.input && settings.input(piece);) file << piece;
      file.close();
      return {UniqueFd(check(::open(input.c_str(), O_RDONLY | O_CLOEXEC), "input")),
              UniqueFd(check(::open(output_file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
                             "output"))};
    }
  }
  throw std::logic_error("an editor of no kind");
}

UniqueFd Relayed::listen_as_server(ServerKind kind, std::string& address) const {
  if (kind == ServerKind::tcp) {
    UniqueFd listener(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof local;
    auto* const generic = reinterpret_cast<sockaddr*>(&local);
    check(::bind(listener.get(), generic, size), "bind");
    check(::listen(listener.get(), 8), "listen");
    check(::getsockname(listener.get(), generic, &size), "getsockname");
    address = "127.0.0.1:" + std::to_string(ntohs(local.sin_port));
    return listener;
  }
  UniqueFd listener(check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  address = directory_ / "server.sock";
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  std::snprintf(local.sun_path, sizeof local.sun_path, "%s", address.c_str());
  check(::bind(listener.get(), reinterpret_cast<sockaddr*>(&local), sizeof local), "bind");
  check(::listen(listener.get(), 8), "listen");
  return listener;
}

void Relayed::start(const Settings& settings, const std::string& address, const StdioPair& stdio) {
  std::vector<std::string> argv = settings.tracer;
  argv.insert(argv.end(), {BRIDGE_BINARY, "--gopls"});
  if (settings.server == ServerKind::held) {
    argv.emplace_back(BRIDGE_TEST_PROGRAMS "/stdio_lender");
  } else {
    argv.insert(argv.end(), {"/bin/false", "--connect", address});
  }
  std::vector<std::string> env;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("GOPLS_BRIDGE_")) env.emplace_back(*entry);
  // Nothing of the machine's own configuration may reach the test.
  env.push_back("XDG_CONFIG_HOME=" + (directory_ / "config"));
  env.push_back("STDIO_BORROWER=" + address);
  env.emplace_back("GOPLS_BRIDGE_SHARE=false");
  env.push_back("GOPLS_BRIDGE_ZERO_COPY=" + to_string(settings.mode));
  env.insert(env.end(), settings.env.begin(), settings.env.end());

  UniqueFd const errors(check(
      ::open((directory_ / "stderr").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600),
      "stderr"));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, stdio.in.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, stdio.out.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, errors.get(), 2);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  errno = ::posix_spawn(&pid, argv[0].c_str(), &actions, &attributes, pointers(argv).data(),
                        pointers(env).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (errno != 0) fail_errno("start " + argv[0]);
  watch_.emplace(pid);
}

void Relayed::accept_server(ServerKind kind, int listener) {
  UniqueFd connection;
  try {
    connection = accept_bounded(listener, "the bridge to reach its server");
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string(error.what()) + "; its stderr: " + errors());
  }
  if (kind == ServerKind::held) {
    Pair lent = receive_stdio(connection.get());
    server.read = nonblocking(std::move(lent.first));
    server.write = nonblocking(std::move(lent.second));
    server.process = std::move(connection);
    return;
  }
  if (kind == ServerKind::tcp) {
    int const on = 1;  // as Go and Node do
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  server.write = std::move(connection);
  server.read = duplicate(server.write.get());
}

rigs::ExitStatus Relayed::wait_exit() {
  if (status_) return *status_;
  if (!watch_->wait_ended())
    throw std::runtime_error("the bridge has not ended in time; its stderr: " + errors());
  int raw = 0;
  check(::waitpid(pid(), &raw, 0), "waitpid");
  status_ =
      WIFEXITED(raw) ? rigs::ExitStatus{WEXITSTATUS(raw), 0} : rigs::ExitStatus{-1, WTERMSIG(raw)};
  return *status_;
}

rigs::ExitStatus Relayed::finish() {
  if (editor.write && ::isatty(editor.write.get()) != 0) {
    editor.die();  // nothing less is an end of file to a raw terminal
  } else {
    editor.close_write();
  }
  if (server.read) read_to_end(server.read.get());
  server.die();
  return wait_exit();
}

std::string Relayed::errors() const { return rigs::read_file(directory_ / "stderr"); }

std::chrono::nanoseconds Relayed::cpu_time() const {
  clockid_t clock{};
  timespec time{};
  errno = ::clock_getcpuclockid(pid(), &clock);
  if (errno != 0 || ::clock_gettime(clock, &time) != 0) fail_errno("the bridge's CPU time");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::uint64_t Relayed::context_switches() const {
  std::string const status = rigs::read_file("/proc/" + std::to_string(pid()) + "/status");
  std::uint64_t sum = 0;
  for (std::string const name : {"\nvoluntary_ctxt_switches:", "\nnonvoluntary_ctxt_switches:"}) {
    auto const at = status.find(name);
    if (at == std::string::npos) throw std::runtime_error("no" + name);
    sum += std::strtoull(status.c_str() + at + name.size(), nullptr, 10);
  }
  return sum;
}

std::vector<std::string> Relayed::descriptors() const {
  std::vector<std::string> all;
  std::error_code gone;
  for (auto const& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid()) + "/fd"))
    all.push_back(entry.path().filename().string() + " -> " +
                  std::filesystem::read_symlink(entry.path(), gone).string());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace bridge::zero_copy
