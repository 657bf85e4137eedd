// What makes a walk give up, and the serialised form.
#include <sys/resource.h>

#include <atomic>

#include "proxy/kernel/unique_fd.h"
#include "tests/park/walk_ground.h"

namespace bridge::session {
namespace {

class WalkBounds : public WalkGround {};

TEST_F(WalkBounds, MoreEntriesThanAllowedAreRefused) {
  for (int i = 0; i < 100; ++i) ground.write("ws/many/f" + std::to_string(i) + ".txt", "");
  request.entries_max = 50;
  EXPECT_EQ(refusal(), "there are more than 50 entries");
  request.entries_max = 200;
  EXPECT_EQ(walk().files(), 5U);  // go.mod and what was read from it, three Go files
}

TEST_F(WalkBounds, NoTimeIsRefused) {
  request.time_max = std::chrono::milliseconds(0);
  EXPECT_EQ(refusal(), "it took longer than 0 ms");
}

TEST_F(WalkBounds, AWalkInNoHurryIsBoundByItsWorkToo) {
  request.time_max = std::chrono::milliseconds(0);
  std::string error;
  EXPECT_FALSE(WorkspaceSnapshot::take(request, error, {.in_no_hurry = true}));
  EXPECT_EQ(error, "it took longer than 0 ms");
}

TEST_F(WalkBounds, AWalkThatIsStoppedStops) {
  std::atomic<bool> const stop{true};
  std::string error;
  EXPECT_FALSE(WorkspaceSnapshot::take(request, error, {.stop = &stop}));
  EXPECT_EQ(error, "it was stopped");
}

TEST_F(WalkBounds, AFolderThatIsNotThereIsRefused) {
  request.folders = {at("nowhere")};
  EXPECT_EQ(refusal(), "cannot read " + at("nowhere") + ": No such file or directory");
  request.folders = {at("ws/a.go")};
  EXPECT_EQ(refusal(), "cannot read " + at("ws/a.go") + ": Not a directory");
  request.folders = {};
  EXPECT_EQ(refusal(), "there is no folder");
}

TEST_F(WalkBounds, TheReplacementOfAnotherMachineIsPassedOver) {
  write("ws/go.mod", "module m\nreplace x => ../not/here\n");
  EXPECT_EQ(walk().directories(), 2U);
}

TEST_F(WalkBounds, ALackOfDescriptorsIsNoEmptyDirectoryAndNoEmptyFile) {
  write("ws/go.mod", "module m\nreplace x => ../x\nrequire y.org/y v1.0.0\n");
  write("x/x.go", "package x\n");
  write("go.work", "go 1.24\nuse ./z\n");
  write("z/z.go", "package z\n");
  write("cache/y.org/y@v1.0.0/y.go", "package y\n");
  request.gomodcache = at("cache");
  WorkspaceSnapshot const whole = walk();
  kernel::UniqueFd const lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit const as_it_was = limit;
  std::size_t refused = 0;
  for (;; ++refused) {
    limit.rlim_cur = static_cast<rlim_t>(lowest.get()) + 1 + refused;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    std::string error;
    auto const snapshot = WorkspaceSnapshot::take(
        request, error, {.since_ns = std::numeric_limits<std::int64_t>::max()});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &as_it_was), 0);
    if (snapshot) {
      EXPECT_TRUE(snapshot->changes_since(whole).none());
      break;
    }
    EXPECT_TRUE(error.ends_with(": Too many open files")) << error;
  }
  // The cache, a directory and a file in it are open at once.
  EXPECT_EQ(refused, 3U);
}

TEST_F(WalkBounds, NoDescriptorIsLeftOpen) {
  int const before = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(before, 0);
  ::close(before);
  (void)walk();
  int const after = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(after);
  EXPECT_EQ(after, before);  // the lowest that is free
}

TEST_F(WalkBounds, WhatIsReadBackIsEqual) {
  write("x/x.go", "package x\n");
  write("ws/go.mod", "module m\nreplace x => ../x\n");
  WorkspaceSnapshot const snapshot = walk();
  std::string const bytes = snapshot.serialise();
  std::string error = "?";
  auto const again = WorkspaceSnapshot::parse(bytes, error);
  ASSERT_TRUE(again) << error;
  EXPECT_EQ(error, "");
  EXPECT_EQ(again->serialise(), bytes);
  EXPECT_EQ(again->files(), snapshot.files());
  EXPECT_TRUE(snapshot.changes_since(*again).none());
  write("x/x.go", "package xx\n");
  expect(since(*again), {}, {"x/x.go"}, {});
}

TEST_F(WalkBounds, BytesThatWereCutAreRefused) {
  std::string const bytes = walk().serialise();
  std::string error;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(WorkspaceSnapshot::parse(std::string_view(bytes).substr(0, size), error)) << size;
  EXPECT_FALSE(WorkspaceSnapshot::parse(bytes + "x", error));
  EXPECT_EQ(error, "it is no snapshot of this version");
}

TEST_F(WalkBounds, BytesThatWereTurnedDoNoHarm) {
  WorkspaceSnapshot const now = walk();
  std::string bytes = now.serialise();
  std::string error;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      if (auto const turned = WorkspaceSnapshot::parse(bytes, error)) {
        (void)now.changes_since(*turned);
        (void)turned->changes_since(now);
      }
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    }
  }
}

TEST_F(WalkBounds, MemoryIsCountedByTheFile) {
  for (int i = 0; i < 1000; ++i)
    ground.write("ws/many/file_" + std::to_string(i) + ".go", "package many\n");
  WorkspaceSnapshot const snapshot = walk();
  // 16 bytes of facts and the name, which here is of 12 to 13 with its end.
  EXPECT_LT(snapshot.memory(), 1000U * 31 + 1000);
}

}  // namespace
}  // namespace bridge::session
