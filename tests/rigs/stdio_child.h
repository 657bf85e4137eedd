// A program under test with its stdio held the way an editor holds it.
//
// Single-threaded and bounded: each wait ends in an exception that says what was waited for and
// what the program wrote to stderr. The destructor kills the program (by pid, SIGKILL) if it still
// runs, and reaps it.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/frames.h"
#include "tests/rigs/process.h"

namespace bridge::rigs {

enum class StdioKind : std::uint8_t {
  socketpair,  // one AF_UNIX stream socketpair each, blocking in the child: libuv (VS Code, Neovim)
  fifo,        // pipe(2): tokio, Emacs, Kate (Helix, Zed)
};

struct ChildSettings {
  std::vector<std::string> argv;      // argv[0] is the path; no search in PATH
  std::vector<std::string> env = {};  // on top of ours: "NAME=value" sets, "NAME" unsets
  std::string directory = {};         // empty: ours
  StdioKind stdio = StdioKind::socketpair;
  // Keep the child's ends of 0, 1 and 2 open here, to look at their flags later. While they are
  // kept the child's end is not seen as end of file.
  bool keep_child_ends = false;
  std::chrono::milliseconds wait_max = kWaitMax;
};

// As waitpid says it; printed by gtest as it stands.
struct ExitStatus {
  int code = -1;   // of exit(); -1: ended by a signal
  int signal = 0;  // 0: ended by exit()
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};
std::string to_string(const ExitStatus& status);
inline void PrintTo(const ExitStatus& status, std::ostream* out);

class StdioChild {
 public:
  explicit StdioChild(ChildSettings settings);
  ~StdioChild();
  StdioChild(const StdioChild&) = delete;
  StdioChild& operator=(const StdioChild&) = delete;

  pid_t pid() const { return watch_->pid(); }
  const ProcessWatch& process() const { return *watch_; }
  std::chrono::milliseconds wait_max() const { return settings_.wait_max; }

  // Writes everything. Reads what the child writes in the meantime, so that both can be full.
  // Throws if the child has closed its stdin.
  void send(std::string_view bytes);
  void send_frame(std::string_view body) { send(frame(body)); }
  // At most what fits now, reading nothing; returns how much. For stalled readers.
  std::size_t send_some(std::string_view bytes);
  void close_stdin() { stdin_.reset(); }
  bool stdin_open() const { return static_cast<bool>(stdin_); }
  // Close our end of the child's stdout: its next write fails with EPIPE.
  void close_stdout() { stdout_.reset(); }

  // The body of the next frame on stdout; nullopt at end of file on a frame boundary. Throws when
  // the stream is no frames, ends inside one, or nothing comes in time.
  std::optional<std::string> read_frame();
  // Waits until stdout has ended and returns all of it that read_frame() has not.
  std::string read_to_end();
  // Every byte that came from stdout and that was sent to stdin, so far.
  const std::string& received() const { return received_; }
  const std::string& sent() const { return sent_; }
  // stderr so far; after wait_exit() and the end of all holders of stderr: all of it.
  const std::string& errors() const { return errors_; }
  // Waits until stdout, or stderr, has this text.
  void wait_for_output_text(std::string_view text);
  void wait_for_error_text(std::string_view text);

  void kill(int signal) const { watch_->kill(signal); }
  // Reads stdout and stderr meanwhile. May be called again: the status stays.
  ExitStatus wait_exit();

  // F_GETFL of the child's ends (keep_child_ends), in order of their numbers: now, and as they were
  // before the child was started.
  std::array<int, 3> child_end_flags() const;
  const std::array<int, 3>& first_child_end_flags() const { return first_child_end_flags_; }
  void close_child_ends();

 private:
  enum class Until : std::uint8_t { any, writable, exited };
  // Waits for the event or anything to read, takes in what is there. Throws at `deadline`.
  void turn(Until until, std::chrono::steady_clock::time_point deadline, std::string_view what);
  static bool take(kernel::UniqueFd& fd, std::string& into, FrameReader* frames);
  std::chrono::steady_clock::time_point deadline() const {
    return std::chrono::steady_clock::now() + settings_.wait_max;
  }
  [[noreturn]] void fail(std::string_view what) const;

  ChildSettings settings_;
  kernel::UniqueFd stdin_, stdout_, stderr_;  // our ends; non-blocking, the child's are not
  std::array<kernel::UniqueFd, 3> child_ends_;
  std::array<int, 3> first_child_end_flags_{};
  std::optional<ProcessWatch> watch_;
  std::optional<ExitStatus> status_;
  FrameReader frames_;
  std::string received_, sent_, errors_;
};

inline void PrintTo(const ExitStatus& status, std::ostream* out) { *out << to_string(status); }

}  // namespace bridge::rigs
