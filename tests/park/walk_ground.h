// A workspace on disk for tests of the walk: changed, walked, compared.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "proxy/session/park/workspace_snapshot.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::session {

inline std::ostream& operator<<(std::ostream& out, const SnapshotChanges& changes) {
  for (auto const& path : changes.created) out << "\n+ " << path;
  for (auto const& path : changes.changed) out << "\n~ " << path;
  for (auto const& path : changes.deleted) out << "\n- " << path;
  return out << (changes.useless.empty() ? "" : "\n! " + changes.useless) << "\n";
}

class WalkGround : public ::testing::Test {
 protected:
  WalkGround() {
    write("ws/go.mod", "module example.com/m\n\ngo 1.24\n");
    write("ws/a.go", "package m\n");
    write("ws/sub/b.go", "package sub\n");
    write("ws/sub/c.go", "package sub\n");
    request.folders = {at("ws")};
  }

  std::string at(std::string_view name) const { return ground / name; }

  // Returns when a file that changes now gets another time than one that was written before: the
  // kernel's clock for files goes in ticks.
  void tick() const {
    std::string const path = ground.write("clock", "");
    struct stat first {};
    struct stat now {};
    ASSERT_EQ(::stat(path.c_str(), &first), 0);
    do {
      ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
      ASSERT_EQ(::stat(path.c_str(), &now), 0);
    } while (nanoseconds(now.st_ctim) == nanoseconds(first.st_ctim));
  }
  void write(std::string_view name, std::string_view text) const {
    tick();
    ground.write(name, text);
  }
  void remove(std::string_view name) const { ASSERT_EQ(::remove(at(name).c_str()), 0) << name; }
  void rename(std::string_view from, std::string_view to) const {
    tick();
    ASSERT_EQ(::rename(at(from).c_str(), at(to).c_str()), 0) << from;
  }
  void make_directory(std::string_view name) const { ground.write(std::string(name) + "/.x", ""); }
  void link(std::string_view target, std::string_view name) const {
    tick();
    ASSERT_EQ(::symlink(std::string(target).c_str(), at(name).c_str()), 0) << name;
  }
  // Other text in the same file, with the same mtime.
  void rewrite_keeping_time(std::string_view name, std::string_view text) const {
    struct stat was {};
    ASSERT_EQ(::stat(at(name).c_str(), &was), 0);
    write(name, text);
    timespec const times[2] = {was.st_atim, was.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, at(name).c_str(), times, 0), 0);
  }

  WorkspaceSnapshot walk() const { return walk(request); }
  static WorkspaceSnapshot walk(const WalkRequest& asked) {
    std::string error;
    // As long after the last change as one likes: nothing is racy.
    auto snapshot = WorkspaceSnapshot::take(asked, error,
                                            {.since_ns = std::numeric_limits<std::int64_t>::max()});
    EXPECT_TRUE(snapshot) << error;
    return snapshot ? std::move(*snapshot) : WorkspaceSnapshot();
  }
  std::string refusal() const {
    std::string error;
    EXPECT_FALSE(WorkspaceSnapshot::take(request, error));
    return error;
  }

  // What a walk says now of the time since `before`.
  SnapshotChanges since(const WorkspaceSnapshot& before) const {
    return walk().changes_since(before);
  }
  // Names below the ground, in any order.
  void expect(const SnapshotChanges& changes, std::vector<std::string> created,
              std::vector<std::string> changed, std::vector<std::string> deleted) const {
    EXPECT_EQ(sorted(changes.created), paths(std::move(created))) << changes;
    EXPECT_EQ(sorted(changes.changed), paths(std::move(changed))) << changes;
    EXPECT_EQ(sorted(changes.deleted), paths(std::move(deleted))) << changes;
    EXPECT_EQ(changes.useless, "") << changes;
    EXPECT_FALSE(changes.needs_another_gopls);
  }

  rigs::TempDir ground;
  WalkRequest request;

 private:
  static std::vector<std::string> sorted(std::vector<std::string> texts) {
    std::sort(texts.begin(), texts.end());
    return texts;
  }
  std::vector<std::string> paths(std::vector<std::string> names) const {
    for (std::string& name : names) name = at(name);
    return sorted(std::move(names));
  }
};

}  // namespace bridge::session
