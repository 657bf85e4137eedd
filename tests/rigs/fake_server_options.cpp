#include "tests/rigs/fake_server_options.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

namespace bridge::rigs {
namespace {

std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> lines;
  const char* const scripted = std::getenv("FAKE_SERVER_ARGS");
  std::ifstream beside{std::string(argv[0]) + ".options"};
  if (scripted == nullptr && !beside) return {argv + 1, argv + argc};
  std::istringstream given(scripted == nullptr ? "" : scripted);
  std::istream& text = scripted == nullptr ? static_cast<std::istream&>(beside) : given;
  for (std::string line; std::getline(text, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

// Go's time.Duration as gopls' flags have it: "1m0s", "200ms".
std::chrono::milliseconds go_duration(const std::string& text) {
  double sum = 0;
  const char* at = text.c_str();
  while (*at != '\0') {
    char* unit = nullptr;
    double const number = std::strtod(at, &unit);
    std::string const name(unit, std::strspn(unit, "hms"));
    double const factor = name == "h" ? 3.6e6 : name == "m" ? 6e4 : name == "s" ? 1e3 : 1;
    sum += number * factor;
    if (name.empty()) break;
    at = unit + name.size();
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(sum));
}

// `serve` and what follows it. What is not of interest there is passed over.
void parse_as_gopls(int argc, char** argv, FakeServerOptions& options) {
  constexpr std::string_view kListen = "-listen=unix;";
  constexpr std::string_view kTimeout = "-listen.timeout=";
  bool serve = false;
  for (int number = 1; number < argc; ++number) {
    std::string const argument = argv[number];
    if (argument == "serve") serve = true;
    if (!serve) continue;
    if (argument.starts_with(kListen)) options.listen_as_gopls = argument.substr(kListen.size());
    if (argument.starts_with(kTimeout))
      options.listen_timeout = go_duration(argument.substr(kTimeout.size()));
  }
}

[[noreturn]] void usage(const std::string& argument) {
  std::fprintf(stderr, "fake_server: unknown or incomplete: %s\n", argument.c_str());
  std::exit(2);
}

}  // namespace

FakeServerOptions parse_fake_server_options(int argc, char** argv) {
  FakeServerOptions options;
  parse_as_gopls(argc, argv, options);
  auto const all = arguments(argc, argv);
  for (auto argument = all.begin(); argument != all.end(); ++argument) {
    auto const name = *argument;
    if (name == "serve") break;
    auto const value = [&]() -> const std::string& {
      if (++argument == all.end()) usage(name);
      return *argument;
    };
    auto const milliseconds = [&](const std::string& text) {
      return std::chrono::milliseconds(std::atoi(text.c_str()));
    };
    if (name == "--delay") {
      auto const& pair = value();
      auto const equals = pair.find('=');
      if (equals == std::string::npos) usage(pair);
      options.delays[pair.substr(0, equals)] = milliseconds(pair.substr(equals + 1));
    } else if (name == "--delay-shutdown") {
      options.delays["shutdown"] = milliseconds(value());
    } else if (name == "--exit-when") {
      options.exit_when = value();
    } else if (name == "--stall-when") {
      options.stall_when = value();
    } else if (name == "--die-in-frame") {
      auto const& text = value();
      auto const equals = text.find('=');
      auto const method =
          equals == std::string::npos ? "textDocument/hover" : text.substr(0, equals);
      auto const bytes = equals == std::string::npos ? text : text.substr(equals + 1);
      options.die_in_frame[method] = std::strtoul(bytes.c_str(), nullptr, 10);
    } else if (name == "--panic-at") {
      options.panic_at = value();
    } else if (name == "--keep") {
      options.keep = true;
    } else if (name == "--version") {
      options.version = value();
    } else if (name == "--print-garbage") {
      options.print_garbage = true;
    } else if (name == "--two-writes") {
      options.two_writes = true;
    } else if (name == "--ask") {
      options.ask = true;
    } else if (name == "--stay-after-eof") {
      options.stay_after_eof = true;
    } else if (name == "--stderr") {
      options.stderr_lines.push_back(value());
    } else if (name == "--listen-unix") {
      options.listen_unix = value();
    } else if (name == "--delay-listen") {
      options.delay_listen = milliseconds(value());
    } else if (name == "--listen-timeout") {
      options.listen_timeout = milliseconds(value());
    } else if (name == "--record") {
      options.record = value();
    } else if (name == "--record-argv") {
      options.record_argv = value();
    } else {
      usage(name);
    }
  }
  return options;
}

}  // namespace bridge::rigs
