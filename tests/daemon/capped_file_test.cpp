#include "proxy/daemon/capped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/rigs/temp_dir.h"

namespace bridge::daemon {
namespace {

class CappedFileTest : public testing::Test {
 protected:
  static void write(int fd, std::string_view text) {
    ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // Lines "line 0", "line 1", … of 64 bytes until there are so many bytes.
  static void write_lines(int fd, std::uint64_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) {
      std::string line = "line " + std::to_string(i);
      line.resize(63, '.');
      text += line + '\n';
    }
    write(fd, text);
  }
  std::uint64_t size(const std::string& name) const {
    return std::filesystem::file_size(directory_ / name);
  }

  rigs::TempDir directory_;
  CappedFile file_{directory_ / "s1.log"};
};

TEST_F(CappedFileTest, IsMadePrivateAndClosedInChildren) {
  ASSERT_GE(file_.fd(), 0);
  struct stat status;
  ASSERT_EQ(::fstat(file_.fd(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_NE(::fcntl(file_.fd(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(file_.fd(), F_GETFL) & O_APPEND, 0);
}

TEST_F(CappedFileTest, IsContinuedByTheNextDaemon) {
  write(file_.fd(), "one\n");
  CappedFile const again(directory_ / "s1.log");
  write(again.fd(), "two\n");
  EXPECT_EQ(rigs::read_file(directory_ / "s1.log"), "one\ntwo\n");
}

TEST_F(CappedFileTest, ThatCannotBeMadeHasNoDescriptorAndNothingToTell) {
  CappedFile missing(directory_ / "missing/s1.log");
  EXPECT_LT(missing.fd(), 0);
  missing.cap();
  EXPECT_EQ(missing.telling_line(), "");
  ASSERT_EQ(::symlink("elsewhere", (directory_ / "link").c_str()), 0);
  EXPECT_LT(CappedFile(directory_ / "link").fd(), 0);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "elsewhere"));
}

TEST_F(CappedFileTest, UpToTheBoundNothingIsCut) {
  write_lines(file_.fd(), kCappedBytesMax);
  ASSERT_EQ(size("s1.log"), kCappedBytesMax);
  file_.cap();
  EXPECT_EQ(size("s1.log"), kCappedBytesMax);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "s1.log.old"));
}

TEST_F(CappedFileTest, BeyondTheBoundItsLastLinesGoToTheOldFileAndItBeginsAgain) {
  write_lines(file_.fd(), kCappedBytesMax);
  write(file_.fd(), "the last\n");
  file_.cap();
  EXPECT_EQ(size("s1.log"), 0u);
  auto const old = rigs::read_file(directory_ / "s1.log.old");
  EXPECT_LE(old.size(), kKeptBytes);
  EXPECT_GT(old.size(), kKeptBytes - 64);
  EXPECT_TRUE(old.starts_with("line ")) << "from the beginning of a line";
  EXPECT_TRUE(old.ends_with(".\nthe last\n"));
}

// The writer has a descriptor of its own: it must not leave a hole of a megabyte.
TEST_F(CappedFileTest, TheWritersDescriptorStaysGoodAfterTheCut) {
  int const writer = ::dup(file_.fd());
  write_lines(writer, kCappedBytesMax + 1);
  file_.cap();
  write(writer, "after\n");
  EXPECT_EQ(rigs::read_file(directory_ / "s1.log"), "after\n");
  ::close(writer);
}

TEST_F(CappedFileTest, TheSecondCutReplacesTheOldFile) {
  write_lines(file_.fd(), kCappedBytesMax + 1);
  file_.cap();
  write_lines(file_.fd(), kCappedBytesMax);
  write(file_.fd(), "second\n");
  file_.cap();
  auto const old = rigs::read_file(directory_ / "s1.log.old");
  EXPECT_LE(old.size(), kKeptBytes);
  EXPECT_TRUE(old.ends_with("second\n"));
}

// The runtime directory is deleted at times.
TEST_F(CappedFileTest, IsCutAlsoWhereTheOldFileCannotBeMade) {
  int const writer = ::dup(file_.fd());
  std::filesystem::remove_all(directory_.path());
  write_lines(writer, kCappedBytesMax + 1);
  file_.cap();
  write(writer, "panic: after\n");
  struct stat status;
  ASSERT_EQ(::fstat(file_.fd(), &status), 0);
  EXPECT_EQ(status.st_size, 13);
  EXPECT_EQ(file_.telling_line(), "panic: after");
  ::close(writer);
}

TEST_F(CappedFileTest, ALineWithoutEndIsKeptInPart) {
  write(file_.fd(), std::string(kCappedBytesMax + 1, 'x'));
  file_.cap();
  EXPECT_EQ(rigs::read_file(directory_ / "s1.log.old"), std::string(kKeptBytes, 'x'));
}

TEST_F(CappedFileTest, TellsTheLastLineOrTheFirstOfAPanic) {
  EXPECT_EQ(file_.telling_line(), "");
  write(file_.fd(), "one\ntwo\n\n");
  EXPECT_EQ(file_.telling_line(), "two");
  write(file_.fd(), "panic: boom\n\ngoroutine 1 [running]:\nmain.main()");
  EXPECT_EQ(file_.telling_line(), "panic: boom");
}

TEST_F(CappedFileTest, APanicIsToldAlsoWhereItsGoroutinesHaveMovedItToTheOldFile) {
  write_lines(file_.fd(), kCappedBytesMax);
  write(file_.fd(), "fatal error: all goroutines are asleep\n");
  file_.cap();
  write(file_.fd(), "goroutine 7 [running]:\nmain.main()\n");
  EXPECT_EQ(file_.telling_line(), "fatal error: all goroutines are asleep");
}

}  // namespace
}  // namespace bridge::daemon
