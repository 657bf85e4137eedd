// The installed bridge under a `systemd --user` that is the test's own (tests/rigs/systemd): real
// units, a real daemon, and a scripted or the real gopls. Each case has a manager to itself.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rigs/lsp_client.h"
#include "tests/rigs/process.h"
#include "tests/rigs/stdio_child.h"

namespace bridge::systemd_tests {

using rigs::Json;

// Anything that must come: a process under a sanitizer on a busy machine starts in seconds.
inline constexpr std::chrono::seconds kBound{60};

inline constexpr char kService[] = "gopls-bridge.service";
inline constexpr char kControl[] = "gopls-bridge.socket";
inline constexpr char kLsp[] = "gopls-bridge-lsp.socket";

// An editor and its front.
struct Editor {
  rigs::StdioChild child;
  rigs::LspClient client;
  int version = 1;  // of the open file

  explicit Editor(rigs::ChildSettings settings) : child(std::move(settings)), client(child) {}
};

struct Output {
  int code = -1;
  std::string text;  // stdout, then stderr
};

class UnderSystemd : public testing::Test {
 protected:
  void SetUp() override;  // a home with gopls and go, the bridge installed

  // Runs to the end; for programs that do.
  static Output run(std::vector<std::string> argv, std::vector<std::string> env = {});
  // Expects success.
  static std::string systemctl(std::vector<std::string> args);
  static std::string property(const std::string& unit, const std::string& name);
  static pid_t daemon_pid() { return std::stoi(property(kService, "MainPID")); }
  // `[SECTION]` and lines, as a drop-in of a unit; reloads.
  void drop_in(const std::string& unit, const std::string& text) const;

  std::unique_ptr<Editor> start(const std::vector<std::string>& env = {}) const;
  // … that has asked something, with /m/a.go open.
  std::unique_ptr<Editor> open_editor(const std::vector<std::string>& env = {}) const;
  // A key and the question that follows it; the answer is wait_hover()'s.
  static std::int64_t type(Editor& editor);
  static void wait_hover(Editor& editor, std::int64_t asked);
  static void type_and_wait(Editor& editor) { wait_hover(editor, type(editor)); }
  static pid_t server_of(Editor& editor);
  static void quit(std::unique_ptr<Editor>& editor);

  static void wait_until(std::string_view what, const std::function<bool()>& holds);
  // Living processes in the control group of a unit.
  static std::vector<pid_t> processes_of(const std::string& unit);
  // What the daemon wrote to its stderr.
  std::string daemon_log() const;

  std::string home, runtime, bridge, programs, tools;
};

}  // namespace bridge::systemd_tests
