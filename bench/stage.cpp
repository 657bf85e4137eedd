#include "bench/stage.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace bridge::bench {

std::string this_executable() {
  std::array<char, PATH_MAX> path{};
  if (::readlink("/proc/self/exe", path.data(), path.size() - 1) <= 0) fail("/proc/self/exe");
  return path.data();
}

void forget_bridge_variables() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    std::string_view const text = *variable;
    if (text.starts_with("GOPLS_BRIDGE_")) names.emplace_back(text.substr(0, text.find('=')));
  }
  for (auto const& name : names) ::unsetenv(name.c_str());
  // What is measured starts no daemon and meets nobody else's, unless its way says so.
  ::setenv("GOPLS_BRIDGE_SHARE", "false", 1);
}

Stage::Stage(const Options& options, const Context& context) {
  // A relay that ends early must be seen as a failed write, with a message.
  ::signal(SIGPIPE, SIG_IGN);
  // By a name of ours: under the name `gopls` it would be gopls and nothing else.
  programs_.bridge = directory_.path() + "/gopls-bridge";
  if (::symlink(this_executable().c_str(), programs_.bridge.c_str()) != 0) fail(programs_.bridge);
  programs_.stand_in = make_stand_in("bench-echo-server");
  programs_.other_bridge = options.other_bridge;
  programs_.gopls = context.gopls;
  find_peers(programs_);

  forget_bridge_variables();
  for (const char* name : {"HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "GOPATH"})
    ::setenv(name, directory_.path().c_str(), 1);
  choose_cpus(options);
}

std::string Stage::make_stand_in(const std::string& command) {
  std::string path = directory_.path() + "/" + command;
  write_text(path, "#!" + programs_.bridge + " " + command + "\n", 0700);
  return path;
}

Programs Stage::programs_alone() {
  Programs alone = programs_;
  std::string const directory = directory_.path() + "/alone";
  ::mkdir(directory.c_str(), 0700);
  alone.bridge = directory + "/gopls-bridge";
  if (::access(alone.bridge.c_str(), X_OK) != 0)
    write_text(alone.bridge, read_text("/proc/self/exe"), 0700);
  return alone;
}

void Stage::choose_cpus(const Options& options) {
  auto const cpus = usable_cpus();
  int const last = cpus.back();
  if (options.placement == PlacementName::free) {
    placement_ = "free: the scheduler's choice of " + std::to_string(cpus.size()) + " CPUs";
    return;
  }
  int const cpu = options.cpu >= 0 ? options.cpu : last;
  if (std::find(cpus.begin(), cpus.end(), cpu) == cpus.end())
    throw Broken("CPU " + std::to_string(cpu) + " is not ours to use");
  if (options.placement == PlacementName::split && cpus.size() < 2)
    throw Broken("--placement split needs two CPUs");
  if (options.placement == PlacementName::split) {
    int const first = cpus.front() == cpu ? cpus[1] : cpus.front();
    place({.own = first, .others = cpu});
    placement_ = "split: the editor on CPU " + std::to_string(first) + ", the rest on CPU " +
                 std::to_string(cpu);
    return;
  }
  place({.own = cpu, .others = cpu});
  placement_ = "same: all on CPU " + std::to_string(cpu);
  on_one_cpu_ = true;
}

}  // namespace bridge::bench
