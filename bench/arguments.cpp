#include "bench/arguments.h"

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>
#include <string_view>

namespace bridge::bench {
namespace {

constexpr const char* kUsage =
    "flags: --bridge PATH --echo PATH [--rounds N] [--placement same|free] [--cpu N] [--seed N]\n"
    "       [--cell-ms N] [--sizes 128,1024,...] [--writes once|twice|both] [--other-bridge "
    "PATH]\n";

[[noreturn]] void usage(std::string_view what) {
  std::fprintf(stderr, "bench: %.*s\n%s", static_cast<int>(what.size()), what.data(), kUsage);
  std::exit(2);
}

std::vector<std::size_t> sizes_of(const std::string& text) {
  std::vector<std::size_t> sizes;
  std::istringstream list(text);
  for (std::string one; std::getline(list, one, ',');) {
    sizes.push_back(std::strtoul(one.c_str(), nullptr, 10));
  }
  return sizes;
}

}  // namespace

Arguments read_arguments(int argc, char** argv, const TempDir& home) {
  Arguments arguments{};
  arguments.seed = std::random_device()();
  for (int i = 1; i < argc; ++i) {
    std::string_view const flag = argv[i];
    if (i + 1 == argc) usage(std::string(flag) + " needs a value, or is not known");
    std::string const value = argv[++i];
    if (flag == "--bridge") {
      arguments.programs.bridge = value;
    } else if (flag == "--other-bridge") {
      arguments.programs.other_bridge = value;
    } else if (flag == "--echo") {
      arguments.programs.echo_server = value;
    } else if (flag == "--rounds") {
      arguments.rounds = std::atoi(value.c_str());
    } else if (flag == "--cpu") {
      arguments.cpu = std::atoi(value.c_str());
    } else if (flag == "--placement" && (value == "same" || value == "free")) {
      arguments.pinned = value == "same";
    } else if (flag == "--seed") {
      arguments.seed = static_cast<std::uint32_t>(std::strtoul(value.c_str(), nullptr, 10));
    } else if (flag == "--cell-ms") {
      arguments.cell_ms = std::atoi(value.c_str());
    } else if (flag == "--sizes") {
      arguments.sizes = sizes_of(value);
    } else if (flag == "--writes" && (value == "once" || value == "twice" || value == "both")) {
      arguments.once = value != "twice";
      arguments.twice = value != "once";
    } else {
      usage("not understood: " + std::string(flag) + " " + value);
    }
  }
  if (arguments.programs.bridge.empty() || arguments.programs.echo_server.empty()) {
    usage("--bridge and --echo are needed");
  }
  // A relay that ends early must be seen as a failed write, with a message.
  ::signal(SIGPIPE, SIG_IGN);
  for (const char* name : {"HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "GOPATH"}) {
    ::setenv(name, home.path().c_str(), 1);
  }
  if (arguments.pinned) {
    if (arguments.cpu < 0) arguments.cpu = last_cpu();
    pin_to(arguments.cpu);
  }
  return arguments;
}

}  // namespace bridge::bench
