// The log through its effects on descriptor 2 and on a file.
#include "proxy/observe/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/rigs/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::observe {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    auto const path = directory_.write("stderr", "");
    saved_ = ::dup(STDERR_FILENO);
    int const file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~LogTest() override {
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    configure_log({});
  }
  std::string on_stderr() const { return rigs::read_file(directory_ / "stderr"); }
  std::string in_file() const { return rigs::read_file(directory_ / "log"); }

  rigs::TempDir directory_;
  int saved_ = -1;
};

TEST_F(LogTest, ByDefaultErrorsGoToStderrAndNothingElse) {
  configure_log({});
  log(LogLevel::warn, "a warning");
  log(LogLevel::error, "an error");
  EXPECT_EQ(on_stderr(), "gopls-bridge: an error\n");
  EXPECT_FALSE(log_enabled(LogLevel::warn));
  EXPECT_TRUE(log_enabled(LogLevel::error));
}

TEST_F(LogTest, TheLevelLetsThroughWhatIsAtOrAboveIt) {
  configure_log({.level = LogLevel::info, .file = {}});
  log(LogLevel::debug, "d");
  log(LogLevel::info, "i");
  log(LogLevel::warn, "w");
  EXPECT_EQ(on_stderr(), "gopls-bridge: i\ngopls-bridge: w\n");
}

TEST_F(LogTest, OffIsSilent) {
  configure_log({.level = LogLevel::off, .file = {}});
  log(LogLevel::error, "e");
  log(LogLevel::off, "o");
  EXPECT_EQ(on_stderr(), "");
  EXPECT_FALSE(log_enabled(LogLevel::error));
}

TEST_F(LogTest, WithAFileAllGoesThereAndErrorsToStderrToo) {
  configure_log({.level = LogLevel::info, .file = directory_ / "log"});
  log(LogLevel::info, "i");
  log(LogLevel::error, "e");
  EXPECT_EQ(on_stderr(), "gopls-bridge: e\n");
  EXPECT_NE(in_file().find(" info [" + std::to_string(::getpid()) + "] i\n"), std::string::npos)
      << in_file();
  EXPECT_NE(in_file().find(" error [" + std::to_string(::getpid()) + "] e\n"), std::string::npos);
}

TEST_F(LogTest, AMessageIsOneLineAndTakenAsItIs) {
  configure_log({});
  log(LogLevel::error, "one\ntwo\r\nthree {} {0} %v\n");
  EXPECT_EQ(on_stderr(), "gopls-bridge: one two  three {} {0} %v \n");
}

TEST_F(LogTest, TheFileIsTheUsersOwnAndClosedInChildren) {
  configure_log({.level = LogLevel::info, .file = directory_ / "log"});
  auto const before = rigs::open_descriptors();
  log(LogLevel::info, "i");
  ASSERT_EQ(rigs::open_descriptors(), before + 1);
  for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    if (std::filesystem::read_symlink(entry, ignored) == directory_ / "log") {
      EXPECT_NE(::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC, 0);
    }
  }
  struct stat status;
  ASSERT_EQ(::stat((directory_ / "log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(LogTest, AFileIsAppendedTo) {
  directory_.write("log", "before\n");
  configure_log({.level = LogLevel::info, .file = directory_ / "log"});
  log(LogLevel::info, "after");
  EXPECT_TRUE(in_file().starts_with("before\n"));
  EXPECT_TRUE(in_file().ends_with("after\n"));
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsSaidOnceAndStderrIsUsed) {
  configure_log({.level = LogLevel::info, .file = directory_ / "missing/log"});
  EXPECT_EQ(on_stderr(), "") << "nothing is opened before the first message";
  log(LogLevel::info, "one");
  log(LogLevel::info, "two");
  EXPECT_EQ(on_stderr(), "gopls-bridge: cannot write the log file " + directory_.path() +
                             "/missing/log: No such file or directory; logging to stderr\n"
                             "gopls-bridge: one\ngopls-bridge: two\n");
}

TEST_F(LogTest, AFileOfJsonLinesHasAnObjectForEach) {
  configure_log({.level = LogLevel::info, .file = directory_ / "log.jsonl"});
  log(LogLevel::warn, "a \"quote\", a \\, a\ttab,\na line, \xc3\xa4, \xff \x1b[0m {}");
  log(LogLevel::error, "e");
  std::istringstream lines(rigs::read_file(directory_ / "log.jsonl"));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  auto const first = nlohmann::json::parse(line);
  EXPECT_EQ(first["level"], "warning");
  EXPECT_EQ(first["pid"], ::getpid());
  EXPECT_EQ(first["message"],
            "a \"quote\", a \\, a\ttab, a line, \xc3\xa4, \xef\xbf\xbd \x1b[0m {}");
  EXPECT_EQ(first["time"].get<std::string>().find("20"), 0u);
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(nlohmann::json::parse(line)["level"], "error");
  EXPECT_FALSE(std::getline(lines, line));
  EXPECT_EQ(on_stderr(), "gopls-bridge: e\n") << "as it is written, for people";
}

TEST_F(LogTest, ForTheJournalEachLineBeginsWithItsPriority) {
  configure_log({.level = LogLevel::debug, .to_journal = true});
  log(LogLevel::debug, "d");
  log(LogLevel::info, "i");
  log(LogLevel::warn, "w");
  log(LogLevel::error, "e\nf");
  EXPECT_EQ(on_stderr(), "<7>d\n<6>i\n<4>w\n<3>e f\n");
}

TEST_F(LogTest, AFileThatRotatesLeavesTwoBehindAndNoneIsLarger) {
  auto const file = directory_ / "some.dir/daemon.jsonl";
  directory_.write("some.dir/daemon.jsonl", "");
  constexpr std::uint64_t kMax = 2000;
  configure_log({.level = LogLevel::info, .file = file, .file_bytes_max = kMax});
  for (int i = 0; i < 200; ++i) log(LogLevel::info, "message " + std::to_string(i));
  auto const size = [&](const std::string& name) {
    return std::filesystem::file_size(directory_ / ("some.dir/" + name));
  };
  for (auto const* name : {"daemon.1.jsonl", "daemon.2.jsonl"}) {
    EXPECT_GE(size(name), kMax);
    EXPECT_LT(size(name), kMax + 200);
    struct stat status;
    ASSERT_EQ(::stat((directory_ / ("some.dir/" + std::string(name))).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
  }
  EXPECT_FALSE(std::filesystem::exists(directory_ / "some.dir/daemon.3.jsonl"));
  // In order, without a gap: the last lines of all.
  std::string const all = rigs::read_file(directory_ / "some.dir/daemon.2.jsonl") +
                          rigs::read_file(directory_ / "some.dir/daemon.1.jsonl") +
                          (std::filesystem::exists(file) ? rigs::read_file(file) : "");
  std::istringstream lines(all);
  int last = -1;
  for (std::string line; std::getline(lines, line);) {
    auto const message = nlohmann::json::parse(line)["message"].get<std::string>();
    int const here = std::stoi(message.substr(8));
    if (last >= 0) {
      EXPECT_EQ(here, last + 1);
    }
    last = here;
  }
  EXPECT_EQ(last, 199);
}

TEST_F(LogTest, NothingIsOpenedBeforeAMessageIsLetThrough) {
  configure_log({.level = LogLevel::error, .file = directory_ / "log"});
  log(LogLevel::info, "i");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "log"));
}

}  // namespace
}  // namespace bridge::observe
