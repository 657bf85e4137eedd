#include "bench/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace bridge::bench {

using kernel::UniqueFd;

namespace {

// The number behind "FIELD:" in a file of /proc; 0 where there is none.
std::size_t number_in(const std::string& path, std::string_view field) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field) && line[field.size()] == ':') {
      return std::strtoul(line.c_str() + field.size() + 1, nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

void die(const std::string& what) {
  std::fprintf(stderr, "bench: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

SocketPair make_socketpair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) die("socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

Process::Process(const std::vector<std::string>& argv, int in, int out) {
  std::vector<char*> args;
  args.reserve(argv.size() + 1);
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  int const error = ::posix_spawnp(&pid_, args[0], &actions, nullptr, args.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    errno = error;
    die("cannot start " + argv[0]);
  }
}

Process::~Process() {
  if (pid_ < 0) return;
  UniqueFd const pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd one{pidfd.get(), POLLIN, 0};
  if (pidfd && ::poll(&one, 1, 5000) == 0) {
    std::fprintf(stderr, "bench: process %d does not end, killing it\n", pid_);
    ::kill(pid_, SIGKILL);
  }
  ::waitpid(pid_, nullptr, 0);
}

void Process::kill(int signal) const { ::kill(pid_, signal); }

nanoseconds cpu_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

std::vector<pid_t> children_of(pid_t pid) {
  std::string const id = std::to_string(pid);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

std::size_t sleeps(pid_t pid) {
  return number_in("/proc/" + std::to_string(pid) + "/status", "voluntary_ctxt_switches");
}

std::size_t memory_kib(pid_t pid, std::string_view field) {
  return number_in("/proc/" + std::to_string(pid) + "/smaps_rollup", field);
}

void pin_to(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) die("sched_setaffinity");
}

int last_cpu() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) die("sched_getaffinity");
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) last = cpu;
  }
  return last;
}

TempDir::TempDir() : path_("/tmp/bridge-bench-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) die("mkdtemp");
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bridge::bench
