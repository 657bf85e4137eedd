// lsp_try: a real session through the bridge, beside the same session with the server alone.
//
//   lsp_try BRIDGE SERVER [--built-in]
//
// Makes a small Go module with one fault in it, opens it, hovers, waits for the diagnostic, shuts
// down; prints what came back and the time each step took (medians of alternating rounds, after one
// round that only warms the caches). scripts/try runs it. --built-in: SERVER is fake_server.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "tests/rigs/lsp_client.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::rigs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 3;        // each is about 2 s with gopls
constexpr int kWarmHovers = 200;  // enough for a median; 50 ms

constexpr std::string_view kMain =
    "package main\n"
    "\n"
    "import \"fmt\"\n"
    "\n"
    "// Greet makes the greeting.\n"
    "func Greet(name string) string {\n"
    "\treturn \"hello \" + name\n"
    "}\n"
    "\n"
    "func main() {\n"
    "\tfmt.Println(Greet(\"bridge\"))\n"
    "}\n";
constexpr std::string_view kFaulty = "package main\n\nvar count int = \"not a number\"\n";

struct Step {
  const char* name;
  double milliseconds;
};

struct Round {
  std::vector<Step> steps;
  std::string server, hover, diagnostic;
};

class Stopwatch {
 public:
  explicit Stopwatch(Round& round) : round_(round) {}
  void step(const char* name) {
    auto const now = Clock::now();
    round_.steps.push_back({name, milliseconds(now - last_)});
    last_ = now;
  }
  void restart() { last_ = Clock::now(); }
  void add(const char* name, double value) { round_.steps.push_back({name, value}); }
  static double milliseconds(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  }

 private:
  Round& round_;
  Clock::time_point last_ = Clock::now();
};

double median(std::vector<double> values) {
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Round run_round(const std::vector<std::string>& argv, const TempDir& module) {
  Round round;
  Stopwatch watch(round);
  StdioChild child({.argv = argv, .directory = module.path(), .wait_max = std::chrono::minutes(2)});
  LspClient client(child);
  auto const answer = client.initialize(module.path());
  watch.step("start, initialize");
  round.server = answer["result"]["serverInfo"].value("name", "?");

  auto const main_path = module / "main.go";
  client.open(main_path, kMain);
  auto const hover = client.hover(main_path, 10, 15);
  watch.step("open, first hover");
  round.hover =
      hover["result"].is_null() ? "(none)" : hover["result"]["contents"].value("value", "?");

  // Not on disk, so that the diagnostic follows from what the client says and nothing else.
  auto const faulty_path = module / "faulty.go";
  client.open(faulty_path, kFaulty);
  auto const published =
      client.wait_notification("textDocument/publishDiagnostics", [&](auto const& params) {
        return params["uri"] == file_uri(faulty_path) && !params["diagnostics"].empty();
      });
  watch.step("open, diagnostic");
  round.diagnostic = published["diagnostics"][0].value("message", "?");

  std::vector<double> hovers;
  for (int number = 0; number < kWarmHovers; ++number) {
    watch.restart();
    auto const start = Clock::now();
    client.hover(main_path, 10, 15);
    hovers.push_back(Stopwatch::milliseconds(Clock::now() - start));
  }
  watch.add("hover, warm", median(hovers));

  watch.restart();
  client.request("shutdown", nullptr);
  watch.step("shutdown");
  client.notify("exit", nullptr);
  auto const status = child.wait_exit();
  watch.step("exit");
  if (status != ExitStatus{0, 0})
    throw std::runtime_error(argv[0] + " ended with " + to_string(status) + "\n" + child.errors());
  return round;
}

void print_text(const char* what, const std::string& text) {
  std::printf("%s\n", what);
  for (std::size_t start = 0; start < text.size();) {
    auto const end = std::min(text.find('\n', start), text.size());
    std::printf("    %s\n", text.substr(start, end - start).c_str());
    start = end + 1;
  }
}

int run(const std::string& bridge, const std::string& server, bool built_in) {
  TempDir const module;
  module.write("go.mod", "module example.com/try\n\ngo 1.21\n");
  module.write("main.go", kMain);
  std::vector<std::string> const direct_argv = {server};
  std::vector<std::string> const bridge_argv = {bridge, "--gopls", server};

  run_round(direct_argv, module);
  std::vector<Round> direct, bridged;
  for (int round = 0; round < kRounds; ++round) {
    direct.push_back(run_round(direct_argv, module));
    bridged.push_back(run_round(bridge_argv, module));
  }

  auto const& last = bridged.back();
  std::printf("What came back through the bridge, from %s:\n\n", last.server.c_str());
  print_text("  hover over Greet in main.go", last.hover);
  print_text("  diagnostic for faulty.go", last.diagnostic);
  std::printf("\nHow long it took (median of %d sessions each, taken in turns):\n\n", kRounds);
  std::printf("  %-20s %12s %12s %8s\n", "step", "direct", "bridge", "ratio");
  for (std::size_t index = 0; index < last.steps.size(); ++index) {
    std::vector<double> alone, through;
    for (int round = 0; round < kRounds; ++round) {
      alone.push_back(direct[static_cast<std::size_t>(round)].steps[index].milliseconds);
      through.push_back(bridged[static_cast<std::size_t>(round)].steps[index].milliseconds);
    }
    std::printf("  %-20s %9.3f ms %9.3f ms %8.2f\n", last.steps[index].name, median(alone),
                median(through), median(through) / median(alone));
  }
  bool const same =
      direct.back().hover == last.hover && direct.back().diagnostic == last.diagnostic;
  std::printf("\nThe answers are %s those of the %s alone.\n", same ? "equal to" : "NOT equal to",
              built_in ? "built-in server" : "real gopls");
  return same ? 0 : 1;
}

}  // namespace
}  // namespace bridge::rigs

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: lsp_try BRIDGE SERVER [--built-in]\n");
    return 64;
  }
  try {
    return bridge::rigs::run(argv[1], argv[2], argc > 3 && std::strcmp(argv[3], "--built-in") == 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lsp_try: %s\n", error.what());
    return 1;
  }
}
