// Each case does what an installer does to real files. inotify queues an event before the system
// call that caused it returns, so nothing is waited for.
#include "proxy/server/program_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "tests/rigs/temp_dir.h"

namespace bridge::server {
namespace {

namespace fs = std::filesystem;

class ProgramWatchTest : public testing::Test {
 protected:
  std::string program(std::string_view name, std::string_view text) const {
    auto path = directory_.write(name, text);
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  std::string at(std::string_view name) const { return directory_ / name; }
  static bool readable(const ProgramWatch& watch) {
    pollfd one{watch.fd(), POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
  }
  // As the session does: looks only when it is told to.
  static bool news(ProgramWatch& watch) { return readable(watch) && watch.changed(); }
  // `ln -sfn`: the link is another from one moment to the next.
  void relink(const std::string& link, const std::string& target) const {
    fs::create_symlink(target, at("new-link"));
    fs::rename(at("new-link"), link);
  }

  rigs::TempDir directory_;
};

kernel::UniqueFd create(const std::string& path, mode_t mode = 0755) {
  return kernel::UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
}
void write_half(const kernel::UniqueFd& fd) { ASSERT_EQ(::write(fd.get(), "half", 4), 4); }

TEST_F(ProgramWatchTest, WithoutAnyChangeThereIsNoNews) {
  ProgramWatch watch(program("bin/gopls", "one"));
  EXPECT_GE(watch.fd(), 0);
  EXPECT_FALSE(readable(watch));
  EXPECT_FALSE(watch.changed());
}

TEST_F(ProgramWatchTest, AProgramRenamedIntoPlaceIsNewsUntilItIsStarted) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  fs::rename(program("build/gopls", "two"), path);
  EXPECT_TRUE(news(watch));
  EXPECT_FALSE(readable(watch)) << "everything was taken in";
  EXPECT_TRUE(watch.changed()) << "still";
  watch.note_start();
  EXPECT_FALSE(watch.changed());
  fs::rename(program("build/gopls", "three"), path);
  EXPECT_TRUE(news(watch));
}

// `go install` where it cannot rename: removes, creates, writes.
TEST_F(ProgramWatchTest, AProgramThatIsBeingCopiedIsNoNewsUntilItIsClosed) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  fs::remove(path);
  EXPECT_FALSE(news(watch));
  auto fd = create(path);
  EXPECT_FALSE(news(watch));
  write_half(fd);
  EXPECT_FALSE(news(watch));
  fs::permissions(path, fs::perms::owner_all);
  EXPECT_FALSE(news(watch));
  fd.reset();
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, RemovedAndCreatedInOneMomentItIsNoNewsUntilItIsClosed) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  fs::remove(path);
  auto fd = create(path);
  EXPECT_FALSE(news(watch));
  fd.reset();
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, WrittenInPlaceItIsNewsWhenItIsClosed) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  auto fd = create(path);
  EXPECT_FALSE(news(watch));
  write_half(fd);
  EXPECT_FALSE(news(watch));
  EXPECT_FALSE(watch.changed()) << "also where it is asked without an event";
  fd.reset();
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, ACopyIsNewsOnceItMayBeRun) {
  auto const path = at("bin/gopls");
  fs::create_directories(at("bin"));
  ProgramWatch watch(path);
  create(path, 0644);
  EXPECT_FALSE(news(watch));
  fs::permissions(path, fs::perms::owner_all);
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, AFirstCopyIsNoNewsUntilItIsClosedEither) {
  fs::create_directories(at("bin"));
  ProgramWatch watch(at("bin/gopls"));
  auto fd = create(at("bin/gopls"));
  EXPECT_FALSE(news(watch));
  write_half(fd);
  EXPECT_FALSE(news(watch));
  fd.reset();
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, AHalfCopyThatIsGivenUpDoesNotHideTheNext) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  fs::remove(path);
  auto const abandoned = create(path);
  EXPECT_FALSE(news(watch));
  fs::rename(program("build/gopls", "two"), path);
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, AnotherNameOfAWholeFileIsNewsAtOnce) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  fs::remove(path);
  fs::create_hard_link(program("store/gopls-2", "two"), path);
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, ALinkSetAnewIsNewsAndItsTargetIsWatchedFromThenOn) {
  auto const one = program("versions/1/gopls", "one");
  auto const two = program("versions/2/gopls", "two");
  fs::create_directories(at("bin"));
  auto const path = at("bin/gopls");
  fs::create_symlink(one, path);
  ProgramWatch watch(path);

  relink(path, "../versions/2/gopls");
  EXPECT_TRUE(news(watch));
  watch.note_start();
  fs::rename(program("build/gopls", "three"), two);
  EXPECT_TRUE(news(watch));
  watch.note_start();
  fs::rename(program("build/gopls", "four"), one);
  EXPECT_FALSE(readable(watch)) << "nothing leads there any more";

  // Removed and made again, as most installers do.
  fs::remove(path);
  EXPECT_FALSE(news(watch));
  fs::create_symlink(one, path);
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, ALinkLeadsAwayFromAFileThatIsBeingWritten) {
  auto const path = at("gopls");
  fs::create_symlink(program("versions/1/gopls", "one"), path);
  ProgramWatch watch(path);
  fs::remove(at("versions/1/gopls"));
  auto const unfinished = create(at("versions/1/gopls"));
  EXPECT_FALSE(news(watch));
  relink(path, program("versions/2/gopls", "two"));
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, ALinkInTheMiddleOfThePathCounts) {
  program("versions/1/bin/gopls", "one");
  program("versions/2/bin/gopls", "two");
  fs::create_symlink("versions/1", at("current"));
  ProgramWatch watch(at("current/bin/gopls"));
  relink(at("current"), "versions/2");
  EXPECT_TRUE(news(watch));
  watch.note_start();
  fs::rename(program("build/gopls", "three"), at("versions/2/bin/gopls"));
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, TheSameProgramBackAgainIsNoNews) {
  auto const path = program("bin/gopls", "one");
  ProgramWatch watch(path);
  fs::rename(path, at("aside"));
  EXPECT_FALSE(news(watch));
  fs::rename(at("aside"), path);
  EXPECT_FALSE(news(watch));
}

// Mason and tar: the whole directory goes, and comes from elsewhere.
TEST_F(ProgramWatchTest, ADirectoryThatIsReplacedIsSeenThrough) {
  auto const path = program("packages/gopls/bin/gopls", "one");
  ProgramWatch watch(path);
  fs::remove_all(at("packages/gopls"));
  EXPECT_FALSE(news(watch));
  program("staging/bin/gopls", "two");
  fs::rename(at("staging"), at("packages/gopls"));
  EXPECT_TRUE(news(watch));
  watch.note_start();
  fs::rename(at("packages"), at("old"));
  EXPECT_FALSE(news(watch));
  program("packages/gopls/bin/gopls", "three");
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, AProgramThatComesWhereThereWasNoneIsNews) {
  ProgramWatch watch(at("bin/gopls"));
  EXPECT_FALSE(watch.changed());
  fs::create_directories(at("bin"));
  EXPECT_FALSE(news(watch));
  fs::rename(program("build/gopls", "one"), at("bin/gopls"));
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, OtherFilesAreNoNews) {
  program("store/gopls-1", "one");
  fs::create_symlink("store/gopls-1", at("gopls"));
  ProgramWatch watch(at("gopls"));
  // In a directory that has only the link not even a wake-up.
  directory_.write("other", "x");
  fs::remove(at("other"));
  EXPECT_FALSE(readable(watch));
  program("store/gopls-2", "two");
  fs::rename(at("store/gopls-2"), at("store/gopls-3"));
  EXPECT_FALSE(news(watch));
}

TEST_F(ProgramWatchTest, ACircleOfLinksIsNoProgram) {
  fs::create_symlink("b", at("a"));
  fs::create_symlink("a", at("b"));
  ProgramWatch watch(at("a"));
  EXPECT_FALSE(watch.changed());
  fs::rename(program("build", "one"), at("b"));
  EXPECT_TRUE(news(watch));
}

TEST_F(ProgramWatchTest, WhereTheKernelRefusesThereIsNoNews) {
  auto const path = program("bin/gopls", "one");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit const none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  ProgramWatch watch(path);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(watch.fd(), -1);
  fs::rename(program("build", "two"), path);
  EXPECT_FALSE(watch.changed());
  watch.note_start();
}

}  // namespace
}  // namespace bridge::server
