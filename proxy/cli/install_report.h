// What `install` and `uninstall` say: one line for each thing they change, or would change.
#pragma once

#include <string_view>

namespace bridge::cli {

// "wrote", "would write".
struct Deed {
  std::string_view done;
  std::string_view intended;
};

class InstallReport {
 public:
  explicit InstallReport(bool dry_run) : dry_run_(dry_run) {}

  bool dry_run() const noexcept { return dry_run_; }
  // A change that was made, or would be.
  void changed(Deed deed, std::string_view what);
  // Worth saying, and nothing to do about it.
  void note(std::string_view text) const;
  // Something was left as it is, or failed: on stderr, and in the exit code.
  void problem(std::string_view text);

  // The last line, and the exit code.
  int finish(std::string_view where_nothing_changed) const;
  bool any_change() const noexcept { return changes_ > 0; }

 private:
  bool dry_run_;
  int changes_ = 0;
  int problems_ = 0;
};

}  // namespace bridge::cli
