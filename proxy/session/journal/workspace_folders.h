// The workspace folders of a session: those of `initialize`, with each didChangeWorkspaceFolders
// folded in as gopls does it (golang/tools, gopls/internal/server/workspace.go).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::session {

class WorkspaceFolders {
 public:
  // `params` of initialize, raw.
  void set(std::string_view params);
  // `params` of workspace/didChangeWorkspaceFolders, raw. False: it could not be read.
  bool change(std::string_view params);
  // Whether a change was folded in.
  bool changed() const noexcept { return changed_; }

  // `params` of initialize with the present folders.
  std::string fold_into(std::string_view params) const;
  // Raw WorkspaceFolder objects, in the order of adding.
  const std::vector<std::string>& raw() const noexcept { return raw_; }
  std::size_t memory() const noexcept;
  // For a journal that is taken up.
  void restore(std::vector<std::string> raw, bool changed);

 private:
  std::size_t index_of(std::string_view raw_folder) const;  // raw_.size(): none

  std::vector<std::string> raw_;
  bool changed_ = false;
};

}  // namespace bridge::session
