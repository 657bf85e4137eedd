// WorkspaceSnapshot::changes_since(): two sorted lists, side by side.
#include <algorithm>
#include <cstring>

#include "proxy/session/park/watched_name.h"
#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {

class SnapshotComparison {
 public:
  SnapshotComparison(const WorkspaceSnapshot& before, const WorkspaceSnapshot& now)
      : before_(before), now_(now) {}

  SnapshotChanges run() {
    if (before_.above_ != now_.above_)
      useless("a go.mod or go.work appeared or vanished above a folder");
    if (!std::includes(now_.roots_.begin(), now_.roots_.end(), before_.roots_.begin(),
                       before_.roots_.end()))
      useless("a directory outside the folders is no longer part of the workspace");
    auto old = before_.directories_.begin();
    auto fresh = now_.directories_.begin();
    while (old != before_.directories_.end() || fresh != now_.directories_.end()) {
      int const order = old == before_.directories_.end() ? 1
                        : fresh == now_.directories_.end()
                            ? -1
                            : std::strcmp(before_.path_of(*old), now_.path_of(*fresh));
      WorkspaceSnapshot::Directory const none;
      path_ = order <= 0 ? before_.path_of(*old) : now_.path_of(*fresh);
      compare(order <= 0 ? *old : none, order >= 0 ? *fresh : none);
      if (order <= 0) ++old;
      if (order >= 0) ++fresh;
    }
    if (reload_) {
      std::string const& above = now_.above_;
      changes_.reload = above.substr(0, above.find('\n')) + "/vendor/modules.txt";
    }
    return std::move(changes_);
  }

 private:
  using Directory = WorkspaceSnapshot::Directory;
  using File = WorkspaceSnapshot::File;

  void useless(std::string why) {
    if (changes_.useless.empty()) changes_.useless = std::move(why);
  }

  void compare(const Directory& old, const Directory& fresh) {
    std::uint32_t i = 0;
    std::uint32_t j = 0;
    bool had_go = false;
    bool got_go = false;
    bool file_is_equal = false;  // the one that what is read from it follows
    while (i < old.files || j < fresh.files) {
      std::size_t const a = old.first_file + i;
      std::size_t const b = fresh.first_file + j;
      int const order = i == old.files     ? 1
                        : j == fresh.files ? -1
                                           : std::strcmp(before_.name_of(a), now_.name_of(b));
      std::string_view const name = order <= 0 ? before_.name_of(a) : now_.name_of(b);
      File const* const was = order <= 0 ? &before_.facts_[a] : nullptr;
      File const* const is = order >= 0 ? &now_.facts_[b] : nullptr;
      bool const is_go = name.ends_with(".go");
      had_go = had_go || (is_go && was);
      got_go = got_go || (is_go && !was);
      bool const equal = was && is && is_unchanged(was->all, is->all);
      if (name.find('/') != std::string_view::npos) {
        if (!equal) on_reading(name, was && is, file_is_equal);
      } else {
        file_is_equal = equal;
        if (!equal) on_file(name, was, is);
      }
      if (order <= 0) ++i;
      if (order >= 0) ++j;
    }
    reload_ = reload_ || (got_go && !had_go);  // a package that is new
  }

  // What was read from a go.mod or go.work differs, or is only there on one side.
  void on_reading(std::string_view name, bool on_both_sides, bool file_is_equal) {
    std::string const file = path_ + "/" + std::string(name.substr(0, name.find('/')));
    if (name.ends_with("/GOWORK")) return useless("GOWORK's " + file + " changed");
    if (!on_both_sides) return;  // the file itself came or went, and gopls is told so
    if (name.ends_with("/language"))
      useless("the go or toolchain line of " + file + " changed");
    else if (file_is_equal)
      useless("modules that " + file + " names came into the module cache or left it");
    // Else gopls asks for the modules anew because the file changed.
  }

  void on_file(std::string_view name, const File* was, const File* is) {
    std::string path = path_ + "/" + std::string(name);
    switch (watched(path_, name)) {
      case Watched::told:
        break;
      case Watched::vendor_list:
        useless(path + " changed");
        return;
      case Watched::beside_go:
        useless(path + " changed, which is no Go");
        return;
      case Watched::no:
        return;  // GOWORK's file; see on_reading()
    }
    if (was && is && !was_racy(was->all) && was->memo == is->memo) {
      useless(path + " changed and kept its time");
      changes_.needs_another_gopls = true;
    }
    reload_ = reload_ || (name == "go.mod" && (!was || !is));
    (!was  ? changes_.created
     : !is ? changes_.deleted
           : changes_.changed)
        .push_back(std::move(path));
  }

  const WorkspaceSnapshot& before_;
  const WorkspaceSnapshot& now_;
  SnapshotChanges changes_;
  std::string path_;
  bool reload_ = false;
};

SnapshotChanges WorkspaceSnapshot::changes_since(const WorkspaceSnapshot& before) const {
  return SnapshotComparison(before, *this).run();
}

}  // namespace bridge::session
