// hover_latency N BRIDGE [ARG…]: N hovers through the bridge, then N requests whose answer is work
// for the (scripted) server, each behind a pause; prints of both the median and the 99th
// percentile.
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
// A completion of gopls' has as much.
constexpr int kLargeBytes = 100'000;

template <class Ask>
std::string percentiles(std::size_t count, Ask ask) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> milliseconds(count);
  for (auto& one : milliseconds) {
    ::poll(nullptr, 0, kPauseMs);
    auto const began = Clock::now();
    ask();
    one = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  char text[64];
  std::snprintf(text, sizeof text, "p50 %5.1f p99 %5.1f ms", milliseconds[count / 2],
                milliseconds[count * 99 / 100]);
  return text;
}

void measure(std::size_t count, std::vector<std::string> argv) {
  StdioChild child({.argv = std::move(argv), .wait_max = std::chrono::minutes(2)});
  LspClient client(child);
  client.initialize("/m");
  client.open("/m/a.go", "package a");
  client.hover("/m/a.go", 1, 1);
  auto const hover = percentiles(count, [&] { client.hover("/m/a.go", 3, 5); });
  auto const large = percentiles(count, [&] {
    client.request("fake/large", {{"bytes", kLargeBytes}});
  });
  client.request("shutdown", nullptr);
  client.notify("exit", nullptr);
  child.wait_exit();
  std::printf("hover %s, 100 kB %s\n", hover.c_str(), large.c_str());
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
