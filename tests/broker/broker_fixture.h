// Real fronts, a real daemon and scripted or real gopls in a world of their own: their HOME and
// runtime directory lie below a directory of the test's, so that every process that came of the
// test is known by it. What is left of them at the end fails the test, and is ended.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/lease/control_message.h"
#include "proxy/lease/control_socket.h"
#include "tests/rigs/lsp_client.h"
#include "tests/rigs/process.h"
#include "tests/rigs/socket_client.h"
#include "tests/rigs/stdio_child.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::broker {

using rigs::ExitStatus;
using rigs::Json;
using rigs::LspClient;
using rigs::ProcessWatch;
using rigs::SocketClient;
using rigs::StdioChild;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Anything that must come: a process under a sanitizer on a busy machine starts in seconds.
inline constexpr std::chrono::seconds kBound{60};

// One connection to a daemon's control socket.
class ControlClient {
 public:
  explicit ControlClient(const std::string& path);  // throws if it cannot connect
  void send(const lease::ControlMessage& message) const;
  // The next message; throws at the end and when nothing comes in time.
  lease::ReceivedControl read() const;
  int fd() const { return socket_.get(); }

 private:
  kernel::UniqueFd socket_;
};

// What `status` says.
struct Status {
  lease::ControlMessage daemon;
  std::vector<lease::ControlMessage> servers, sessions, parked;

  pid_t daemon_pid() const { return static_cast<pid_t>(daemon.number("pid").value_or(0)); }
  std::vector<pid_t> server_pids() const;
  // Sessions in a state ("live"), or all.
  std::size_t count(std::string_view state = {}) const;
  std::string text() const;
};

// An editor and its front.
struct Editor {
  StdioChild child;
  LspClient client;

  explicit Editor(rigs::ChildSettings settings) : child(std::move(settings)), client(child) {}
};

class Broker : public testing::Test {
 public:
  rigs::TempDir directory;
  std::string const home = directory / "home";
  std::string const runtime = directory / "run";
  std::string const ours = runtime + "/gopls-bridge";
  std::string const control = ours + "/daemon.sock";
  std::string program = directory / "bin/gopls";
  std::vector<std::string> environment;  // of the editors that start from here on; wins
  std::vector<std::string> flags;        // likewise

 protected:
  void SetUp() override;
  void TearDown() override;

  // A gopls (the scripted one) with these options, one a line; by rename, as `go install` does it.
  void write_program(const std::string& options = {}) { write_program_at(program, options); }
  void write_program_at(const std::string& path, const std::string& options) const;

  std::vector<std::string> editor_environment() const;
  // Starts a front; initialize() of its client is the caller's.
  std::unique_ptr<Editor> start();
  // … and has asked something, with /m/a.go open.
  std::unique_ptr<Editor> open_editor();
  static void expect_hover(Editor& editor);
  // The pid of its gopls (scripted), by its own word.
  static pid_t server_of(Editor& editor);
  // Orderly; expects exit code 0.
  static void quit(std::unique_ptr<Editor>& editor);

  // Throws where no daemon listens.
  Status status() const;
  // Asks until it fits, or fails.
  Status wait_for_status(std::string_view what,
                         const std::function<bool(const Status&)>& fits) const;
  pid_t daemon_pid() const { return status().daemon_pid(); }
  // Where a daemon holds its lock; 0: nowhere.
  pid_t lock_holder() const;

  // Every living process whose environment or command line names the test's directory.
  std::vector<pid_t> processes() const;
  // Those of them that are this gopls.
  std::vector<pid_t> servers() const;
  std::string describe(const std::vector<pid_t>& pids) const;
  // Until the condition holds.
  static void wait_until(std::string_view what, const std::function<bool()>& holds);
};

}  // namespace bridge::broker
