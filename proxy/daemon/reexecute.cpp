#include "proxy/daemon/reexecute.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/kernel/unique_fd.h"
#include "proxy/server/environment.h"

namespace bridge::daemon {
namespace {

// Where sd_listen_fds(3) has the first one.
constexpr int kFirstFd = 3;

// argv of this process; empty where /proc does not tell.
std::vector<std::string> own_words() {
  kernel::UniqueFd const fd(::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC));
  std::string text(65536, '\0');
  ssize_t const size = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace

std::string reexecute(const std::string& program, const std::vector<ListeningSocket*>& sockets,
                      int lock, const std::vector<std::string>& manager_variables) {
  // First out of the way, then into place: no dup2 may hit one that is still needed.
  std::vector<int> high;
  std::string names;
  int const count = static_cast<int>(sockets.size()) + 1;
  auto const keep = [&](int fd, const char* name) {
    high.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFd + count + 64));
    names += (names.empty() ? "" : ":") + std::string(name);
    return high.back() >= 0;
  };
  bool kept = keep(lock, kLockName);
  for (ListeningSocket const* one : sockets) {
    kept = kept && keep(one->fd.get(), one->raw ? "lsp" : "control");
  }
  std::vector<std::string> words = own_words();
  if (!kept || words.empty())
    return std::string("no descriptors, or no /proc: ") + std::strerror(errno);
  for (int i = 0; i < count; ++i) {
    if (::dup2(high[static_cast<std::size_t>(i)], kFirstFd + i) < 0) return std::strerror(errno);
  }

  std::vector<std::string> environment = server::own_environment();
  environment.insert(environment.end(), manager_variables.begin(), manager_variables.end());
  environment.push_back("LISTEN_PID=" + std::to_string(::getpid()));
  environment.push_back("LISTEN_FDS=" + std::to_string(count));
  environment.push_back("LISTEN_FDNAMES=" + names);
  auto const pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  ::execve(program.c_str(), pointers(words).data(), pointers(environment).data());
  return std::strerror(errno);
}

}  // namespace bridge::daemon
