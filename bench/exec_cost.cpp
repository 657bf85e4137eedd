// What a command of gopls' own costs more through the bridge: the time from fork to the end of a
// program that only exits, started directly and through `gopls-bridge version`, in turns.
//
//   exec_cost BRIDGE PROGRAM [PAIRS]
//
// PROGRAM is a stand-in that exits at once (tests/cli/fake_gopls); it is named to the bridge by
// GOPLS_BRIDGE_GOPLS, and found through PATH (as `gopls` in a directory of its own) in a second
// series. Prints medians and the paired difference.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr int kPairsDefault = 500;  // medians agree within 2 % from run to run

double run_once(const std::string& program, const std::vector<std::string>& environment) {
  std::string const version = "version";
  char* const argv[] = {const_cast<char*>(program.c_str()), const_cast<char*>(version.c_str()),
                        nullptr};
  std::vector<char*> env;
  env.reserve(environment.size() + 1);
  for (auto const& entry : environment) env.push_back(const_cast<char*>(entry.c_str()));
  env.push_back(nullptr);
  auto const start = Clock::now();
  pid_t pid = 0;
  if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, env.data()) != 0) {
    std::fprintf(stderr, "cannot start %s\n", program.c_str());
    std::exit(1);
  }
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0) {
    std::fprintf(stderr, "%s ended with %#x\n", program.c_str(), static_cast<unsigned>(status));
    std::exit(1);
  }
  return Microseconds(Clock::now() - start).count();
}

double quantile(std::vector<double> values, double at) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(at * static_cast<double>(values.size() - 1))];
}

void compare(const char* title, const std::string& bridge, const std::string& program,
             const std::vector<std::string>& environment, int pairs) {
  std::vector<double> direct, bridged, difference;
  for (int i = 0; i < 20; ++i) {  // pages of both executables in memory
    run_once(program, environment);
    run_once(bridge, environment);
  }
  for (int i = 0; i < pairs; ++i) {
    direct.push_back(run_once(program, environment));
    bridged.push_back(run_once(bridge, environment));
    difference.push_back(bridged.back() - direct.back());
  }
  std::printf("%-28s direct %7.0f  bridged %7.0f  difference %7.0f (p90 %.0f) us, %d pairs\n",
              title, quantile(direct, 0.5), quantile(bridged, 0.5), quantile(difference, 0.5),
              quantile(difference, 0.9), pairs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: exec_cost BRIDGE PROGRAM [PAIRS]\n");
    return 64;
  }
  std::string const bridge = argv[1];
  std::string const program = argv[2];
  int const pairs = argc > 3 ? std::atoi(argv[3]) : kPairsDefault;

  compare("named by a variable", bridge, program,
          {"PATH=/usr/bin:/bin", "HOME=/nonexistent", "GOPLS_BRIDGE_GOPLS=" + program}, pairs);

  // Seven directories without it before: an ordinary PATH.
  std::string directory = "/tmp/exec-cost-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  std::string const link = directory + "/gopls";
  if (::symlink(program.c_str(), link.c_str()) != 0) return 1;
  compare("found in PATH, the eighth", bridge, link,
          {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/opt/bin:/opt/sbin:/usr/games:" +
               directory,
           "HOME=/nonexistent"},
          pairs);
  ::unlink(link.c_str());
  ::rmdir(directory.c_str());
  return 0;
}
