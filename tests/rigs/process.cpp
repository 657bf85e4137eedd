#include "tests/rigs/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <system_error>

namespace bridge::rigs {
namespace {

// All of a file under /proc/PID; empty where there is no such process. It may end between open and
// read, which then says ESRCH: an ifstream's iterator throws at that.
std::string read_of_process(const std::filesystem::path& path) {
  kernel::UniqueFd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> chunk;
  ssize_t size = 0;
  while ((size = ::read(file.get(), chunk.data(), chunk.size())) > 0)
    text.append(chunk.data(), static_cast<std::size_t>(size));
  return size == 0 ? text : std::string();
}

// Fields of /proc/PID/stat after the command, which may hold spaces and brackets.
bool read_stat(const std::filesystem::path& process, char& state, pid_t& parent) {
  std::string const text = read_of_process(process / "stat");
  auto const bracket = text.rfind(')');
  if (bracket == std::string::npos) return false;
  std::istringstream rest(text.substr(bracket + 1));
  return static_cast<bool>(rest >> state >> parent);
}

}  // namespace

ProcessWatch::ProcessWatch(pid_t pid)
    : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
  if (!pidfd_)
    throw std::system_error(errno, std::generic_category(), "pidfd_open " + std::to_string(pid));
}

bool ProcessWatch::wait_ended(std::chrono::milliseconds bound) const {
  auto const until = std::chrono::steady_clock::now() + bound;
  for (;;) {
    auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd wait{pidfd_.get(), POLLIN, 0};
    int const ready = ::poll(&wait, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll pidfd");
  }
}

void ProcessWatch::kill(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0) != 0 && errno != ESRCH)
    throw std::system_error(errno, std::generic_category(), "pidfd_send_signal");
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
    auto const name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    char state = 0;
    pid_t parent = 0;
    if (read_stat(entry.path(), state, parent) && parent == pid && state != 'Z')
      children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  std::sort(children.begin(), children.end());
  return children;
}

std::string command_line(pid_t pid) {
  std::string text = read_of_process("/proc/" + std::to_string(pid) + "/cmdline");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

std::size_t open_descriptors() {
  // The directory that is being read has a descriptor of its own.
  auto const all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all))) - 1;
}

}  // namespace bridge::rigs
