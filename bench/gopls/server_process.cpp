#include "bench/gopls/server_process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "bench/interrupt.h"

namespace bridge::bench {

using kernel::UniqueFd;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kOwnEnd{5000};     // for gopls to end at its end of file; it takes some ms
constexpr milliseconds kSignalled{3000};  // and at SIGTERM

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// A process' child belongs to the thread that made it, and Go starts processes from any of its.
std::vector<pid_t> children_of_any_thread(pid_t pid) {
  std::string const tasks = "/proc/" + std::to_string(pid) + "/task";
  std::vector<pid_t> children;
  DIR* const directory = ::opendir(tasks.c_str());
  if (directory == nullptr) return children;  // it has ended
  while (const dirent* const entry = ::readdir(directory)) {
    std::string const text = read_text(tasks + "/" + entry->d_name + "/children");
    const char* at = text.c_str();
    for (char* end = nullptr; *at != '\0'; at = end) {
      long const child = std::strtol(at, &end, 10);
      if (end == at) break;
      children.push_back(static_cast<pid_t>(child));
    }
  }
  ::closedir(directory);
  return children;
}

void pause(milliseconds time) { ::poll(nullptr, 0, static_cast<int>(time.count())); }

}  // namespace

ServerProcess::ServerProcess(const Launch& launch, int in, int out) {
  auto const argv = pointers(launch.argv);
  auto const environment = pointers(launch.environment);
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  UniqueFd const errors(
      ::open(launch.errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  pid_t const parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);
    // Ctrl-C is for the benchmark, which ends them in order.
    ::setpgid(0, 0);
    for (int const signal : {SIGPIPE, SIGINT, SIGTERM}) ::signal(signal, SIG_DFL);
    ::dup2(in < 0 ? null.get() : in, STDIN_FILENO);
    ::dup2(out < 0 ? null.get() : out, STDOUT_FILENO);
    ::dup2(errors ? errors.get() : null.get(), STDERR_FILENO);
    if (::chdir(launch.directory.c_str()) != 0) ::_exit(126);
    ::execve(argv[0], argv.data(), environment.data());
    ::_exit(127);
  }
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

ServerProcess::~ServerProcess() {
  if (pid_ < 0) return;
  if (!wait_ended(kOwnEnd)) {
    terminate();
    if (!wait_ended(kSignalled)) ::kill(pid_, SIGKILL);
  }
  ::waitpid(pid_, nullptr, 0);
}

void ServerProcess::terminate() const { ::kill(pid_, SIGTERM); }

bool ServerProcess::wait_ended(milliseconds bound) const {
  auto const until = std::chrono::steady_clock::now() + bound;
  for (;;) {
    auto const left =
        std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd one{pidfd_.get(), POLLIN, 0};
    int const ready = ::poll(&one, 1, static_cast<int>(std::max<long>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return false;
  }
}

StrayCatcher::StrayCatcher() : before_(children_of(::getpid())) {
  ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper_before_);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

StrayCatcher::~StrayCatcher() {
  end_strays({});
  ::prctl(PR_SET_CHILD_SUBREAPER, subreaper_before_);
}

void StrayCatcher::end_strays(const std::vector<pid_t>& but) const {
  auto const among = [](pid_t pid, const std::vector<pid_t>& all) {
    return std::find(all.begin(), all.end(), pid) != all.end();
  };
  // A stray's own children become ours when it ends: look again until there are none.
  for (auto deadline = std::chrono::steady_clock::now() + kOwnEnd;;) {
    std::vector<pid_t> strays;
    for (pid_t const pid : children_of(::getpid()))
      if (!among(pid, before_) && !among(pid, but)) strays.push_back(pid);
    if (strays.empty()) return;
    bool const late = std::chrono::steady_clock::now() > deadline;
    for (pid_t const pid : strays) {
      ::kill(pid, late ? SIGKILL : SIGTERM);
      ::waitpid(pid, nullptr, late ? 0 : WNOHANG);
    }
    pause(milliseconds(5));
  }
}

std::vector<pid_t> family_of(pid_t pid) {
  std::vector<pid_t> family{pid};
  for (std::size_t i = 0; i < family.size(); ++i) {
    for (pid_t const child : children_of_any_thread(family[i])) family.push_back(child);
  }
  return family;
}

std::size_t pss_kib(std::vector<pid_t> pids) {
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  std::size_t sum = 0;
  for (pid_t const pid : pids) sum += memory_kib(pid, "Pss");
  return sum;
}

bool wait_quiet(const std::vector<pid_t>& pids, milliseconds bound) {
  constexpr milliseconds kSample{100};
  constexpr nanoseconds kIdle = milliseconds(3);  // 3 % of a CPU: Go's runtime ticks a little
  constexpr int kQuietSamples = 5;
  auto const cpu = [&] {
    nanoseconds sum{};
    for (pid_t const pid : pids) sum += cpu_time(pid);
    return sum;
  };
  auto const until = std::chrono::steady_clock::now() + bound;
  int quiet = 0;
  for (auto last = cpu(); quiet < kQuietSamples;) {
    if (interrupted()) throw Interrupted();
    if (std::chrono::steady_clock::now() > until) return false;
    pause(kSample);
    auto const now = cpu();
    quiet = now - last < kIdle ? quiet + 1 : 0;
    last = now;
  }
  return true;
}

}  // namespace bridge::bench
