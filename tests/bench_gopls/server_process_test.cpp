// Processes of the gopls benchmark end with it, and with all that they started.
#include "bench/gopls/server_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/rigs/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::bench {
namespace {

Launch shell(const rigs::TempDir& directory, const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script},
          .environment = {"PATH=/usr/bin:/bin", "MARK=here"},
          .directory = directory.path(),
          .errors = directory / "errors"};
}

std::string read_line(int fd) {
  std::string line;
  for (char byte = 0; ::read(fd, &byte, 1) == 1 && byte != '\n';) line += byte;
  return line;
}

TEST(BenchProcess, GetsItsDirectoryEnvironmentAndStdio) {
  rigs::TempDir const directory;
  SocketPair in = make_socketpair();
  SocketPair out = make_socketpair();
  ServerProcess const process(shell(directory, "echo words >&2; pwd; echo $MARK; cat"),
                              in.theirs.get(), out.theirs.get());
  in.theirs.reset();
  EXPECT_EQ(read_line(out.ours.get()), directory.path());
  EXPECT_EQ(read_line(out.ours.get()), "here");
  EXPECT_EQ(rigs::read_file(directory / "errors"), "words\n");
  in.ours.reset();
}

TEST(BenchProcess, TakesItsOrphansWithIt) {
  rigs::TempDir const directory;
  StrayCatcher const catcher;
  SocketPair in = make_socketpair();
  SocketPair out = make_socketpair();
  std::optional<rigs::ProcessWatch> orphan;
  {
    ServerProcess const process(
        shell(directory, "setsid sh -c 'echo $$; trap : TERM; exec sleep 1000' & cat"),
        in.theirs.get(), out.theirs.get());
    in.theirs.reset();
    orphan.emplace(std::stoi(read_line(out.ours.get())));
    auto const family = family_of(process.pid());
    EXPECT_NE(std::find(family.begin(), family.end(), orphan->pid()), family.end());
    in.ours.reset();
  }
  EXPECT_FALSE(orphan->wait_ended(std::chrono::milliseconds(0)));
  catcher.end_strays({orphan->pid()});
  EXPECT_FALSE(orphan->wait_ended(std::chrono::milliseconds(0)));
  catcher.end_strays({});
  EXPECT_TRUE(orphan->wait_ended());
}

TEST(BenchProcess, CountsTheMemoryOfEachProcessOnce) {
  auto const once = pss_kib({::getpid()});
  EXPECT_GT(once, 0U);
  EXPECT_LT(pss_kib({::getpid(), ::getpid()}), once + once / 2);
}

}  // namespace
}  // namespace bridge::bench
