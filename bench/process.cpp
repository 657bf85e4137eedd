#include "bench/process.h"

#include <dirent.h>
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

namespace bridge::bench {

using kernel::UniqueFd;

namespace {

int cpu_of_others = -1;

// Keeps this process, and what it starts from now on, on one CPU.
void pin_to(int cpu) {
  if (cpu < 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) fail("sched_setaffinity");
}

int cpu_of_ours = -1;

nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// The number behind "FIELD:" at the beginning of a line; 0 where there is none.
std::size_t number_behind(std::string_view text, std::string_view field) {
  std::string const begins = "\n" + std::string(field) + ":";
  auto at = text.starts_with(std::string_view(begins).substr(1)) ? 0 : text.find(begins);
  if (at == std::string_view::npos) return 0;
  at = text.find(':', at) + 1;
  return std::strtoul(std::string(text.substr(at, 32)).c_str(), nullptr, 10);
}

}  // namespace

void fail(const std::string& what) { throw Broken(what + ": " + std::strerror(errno)); }

SocketPair make_socketpair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) fail("socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

SocketPair make_pipe(bool we_read) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) fail("pipe");
  return {UniqueFd(fds[we_read ? 0 : 1]), UniqueFd(fds[we_read ? 1 : 0])};
}

void place(Placement placement) {
  cpu_of_ours = placement.own;
  cpu_of_others = placement.others;
  pin_to(cpu_of_ours);
}

std::vector<int> usable_cpus() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) fail("sched_getaffinity");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return cpus;
}

Process::Process(const std::vector<std::string>& argv, Descriptors descriptors) {
  std::vector<char*> args;
  args.reserve(argv.size() + 1);
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, descriptors.in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, descriptors.out, STDOUT_FILENO);
  if (descriptors.err >= 0)
    ::posix_spawn_file_actions_adddup2(&actions, descriptors.err, STDERR_FILENO);
  if (descriptors.third >= 0) ::posix_spawn_file_actions_adddup2(&actions, descriptors.third, 3);

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t as_by_default;
  ::sigemptyset(&as_by_default);
  ::sigaddset(&as_by_default, SIGPIPE);  // which we ignore
  ::posix_spawnattr_setsigdefault(&attributes, &as_by_default);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);

  // An affinity is inherited, and there is no attribute for it.
  bool const elsewhere = cpu_of_others >= 0 && cpu_of_others != cpu_of_ours;
  if (elsewhere) pin_to(cpu_of_others);
  int const error = ::posix_spawnp(&pid_, args[0], &actions, &attributes, args.data(), environ);
  if (elsewhere) pin_to(cpu_of_ours);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    errno = error;
    fail("cannot start " + argv[0]);
  }
}

Process::~Process() {
  if (pid_ < 0) return;
  UniqueFd const pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd one{pidfd.get(), POLLIN, 0};
  if (pidfd && ::poll(&one, 1, 5000) <= 0) {
    std::fprintf(stderr, "bench: process %d does not end, killing it\n", pid_);
    ::kill(pid_, SIGKILL);
  }
  ::waitpid(pid_, nullptr, 0);
}

void Process::kill(int signal) const { ::kill(pid_, signal); }

nanoseconds cpu_time(pid_t pid) {
  clockid_t clock{};
  return ::clock_getcpuclockid(pid, &clock) == 0 ? read_clock(clock) : nanoseconds{};
}

nanoseconds own_cpu_time() { return read_clock(CLOCK_PROCESS_CPUTIME_ID); }

std::vector<pid_t> children_of(pid_t pid) {
  std::string const id = std::to_string(pid);
  std::string const text = read_text("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> children;
  const char* at = text.c_str();
  for (char* end = nullptr; *at != '\0'; at = end) {
    long const child = std::strtol(at, &end, 10);
    if (end == at) break;
    children.push_back(static_cast<pid_t>(child));
  }
  return children;
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  DIR* const directory = ::opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
  if (directory == nullptr) return threads;
  while (dirent const* const entry = ::readdir(directory)) {
    if (auto const thread = std::strtol(entry->d_name, nullptr, 10); thread > 0)
      threads.push_back(static_cast<pid_t>(thread));
  }
  ::closedir(directory);
  return threads;
}

std::size_t sleeps(pid_t pid) {
  std::string const tasks = "/proc/" + std::to_string(pid) + "/task/";
  std::size_t sum = 0;
  for (pid_t const thread : threads_of(pid))
    sum += number_behind(read_text(tasks + std::to_string(thread) + "/status"),
                         "voluntary_ctxt_switches");
  return sum;
}

std::size_t memory_kib(pid_t pid, std::string_view field) {
  return number_behind(read_text("/proc/" + std::to_string(pid) + "/smaps_rollup"), field);
}

}  // namespace bridge::bench
