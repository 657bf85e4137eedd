// An editor process that opens a module, hovers, and leaves as VS Code does: what parking and
// resuming are measured with. Its document is as it is on disk, so that it stays open while the
// session is parked; and each has a process id of its own, because no process gets back what it
// parked itself.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/gopls/gopls_way.h"

namespace bridge::bench {

// A child that does nothing: its process id is a window's.
class EditorProcess {
 public:
  EditorProcess();
  EditorProcess(EditorProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  EditorProcess& operator=(EditorProcess&&) = delete;
  ~EditorProcess();
  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_;
};

class ParkWindow {
 public:
  // Until the first right hover. `way` is direct or bridge_lease; `folder` what the editor opens,
  // `ground.module` or a directory above it.
  ParkWindow(GoplsWay way, const Ground& ground, const std::vector<std::string>& environment,
             const std::string& folder);
  ParkWindow(ParkWindow&&) = default;
  ParkWindow& operator=(ParkWindow&&) = delete;
  ~ParkWindow() = default;

  std::chrono::nanoseconds initialize_time() const noexcept { return initialize_; }
  std::chrono::nanoseconds hover_time() const noexcept { return hover_; }
  std::vector<pid_t> processes() const { return family_of(process_->pid()); }

  // As a window that is reloaded: `shutdown` and its answer, then the end of its input. How long
  // the answer took.
  std::chrono::nanoseconds shut_down();
  // Waits for the end of the process too.
  void leave();

 private:
  EditorProcess editor_;
  std::optional<ServerProcess> process_;  // closed after the editor's end: ends by its end of file
  std::optional<LspPeer> peer_;
  std::chrono::nanoseconds initialize_{};
  std::chrono::nanoseconds hover_{};
};

}  // namespace bridge::bench
