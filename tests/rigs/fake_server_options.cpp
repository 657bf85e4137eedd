#include "tests/rigs/fake_server_options.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace bridge::rigs {
namespace {

std::vector<std::string> arguments(int argc, char** argv) {
  const char* const scripted = std::getenv("FAKE_SERVER_ARGS");
  if (scripted == nullptr) return {argv + 1, argv + argc};
  std::vector<std::string> lines;
  std::istringstream text(scripted);
  for (std::string line; std::getline(text, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

[[noreturn]] void usage(const std::string& argument) {
  std::fprintf(stderr, "fake_server: unknown or incomplete: %s\n", argument.c_str());
  std::exit(2);
}

}  // namespace

FakeServerOptions parse_fake_server_options(int argc, char** argv) {
  FakeServerOptions options;
  auto const all = arguments(argc, argv);
  for (auto argument = all.begin(); argument != all.end(); ++argument) {
    auto const name = *argument;
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
