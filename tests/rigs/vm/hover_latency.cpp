// hover_latency N BRIDGE [ARG…]: N hovers through the bridge, one after another with a pause of a
// human's between them; prints the median, the 99th percentile and the longest.
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "tests/rigs/lsp_client.h"

namespace bridge::rigs {
namespace {

// Long enough for the scheduler to forget that we were there.
constexpr int kPauseMs = 5;

void measure(std::size_t count, std::vector<std::string> argv) {
  using Clock = std::chrono::steady_clock;
  StdioChild child({.argv = std::move(argv), .wait_max = std::chrono::minutes(2)});
  LspClient client(child);
  client.initialize("/m");
  client.open("/m/a.go", "package a");
  client.hover("/m/a.go", 1, 1);
  std::vector<double> milliseconds(count);
  for (auto& one : milliseconds) {
    ::poll(nullptr, 0, kPauseMs);
    auto const began = Clock::now();
    client.hover("/m/a.go", 3, 5);
    one = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  }
  client.request("shutdown", nullptr);
  client.notify("exit", nullptr);
  child.wait_exit();
  std::sort(milliseconds.begin(), milliseconds.end());
  std::printf("p50 %.2f ms, p99 %.2f ms, longest %.2f ms\n", milliseconds[count / 2],
              milliseconds[count * 99 / 100], milliseconds.back());
}

}  // namespace
}  // namespace bridge::rigs

int main(int argc, char** argv) {
  try {
    auto const count = argc > 2 ? std::strtoul(argv[1], nullptr, 10) : 0;
    if (count == 0) {
      std::fprintf(stderr, "usage: hover_latency N BRIDGE [ARG...]\n");
      return 64;
    }
    bridge::rigs::measure(count, std::vector<std::string>(argv + 2, argv + argc));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hover_latency: %s\n", error.what());
  }
  return 1;
}
