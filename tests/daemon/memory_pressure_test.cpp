// A machine short of memory, as the kernel says it.
#include "proxy/daemon/memory_pressure.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/rigs/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::daemon {
namespace {

TEST(MemoryPressure, TheKernelsTextIsRead) {
  EXPECT_EQ(waited_for_memory("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"), 0U);
  EXPECT_EQ(waited_for_memory("some avg10=12.34 avg60=0.00\n"), 12U);
  EXPECT_EQ(waited_for_memory("some avg10=100.00"), 100U);
  EXPECT_EQ(waited_for_memory(""), std::nullopt);
  EXPECT_EQ(waited_for_memory("some avg10="), std::nullopt);
  EXPECT_EQ(waited_for_memory("full avg10=1.00"), std::nullopt);
}

struct Looking : testing::Test {
  rigs::TempDir directory;
  boost::asio::io_context io;
  int told = 0;

  std::string write(const std::string& text) const { return directory.write("memory", text); }
  void run_for(std::chrono::milliseconds time) { io.run_for(time); }
};

// No trigger can be waited for in a file that is no kernel's.
TEST_F(Looking, WithoutATriggerItIsLookedAtAgainAndAgain) {
  auto const file = write("some avg10=0.00 avg60=0.00\n");
  MemoryPressure const pressure(
      io, file, [this] { ++told; }, std::chrono::milliseconds(1));
  write("some avg10=9.99 avg60=0.00\n");
  run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(told, 0);
  write("some avg10=10.00 avg60=0.00\n");
  while (told < 2) ASSERT_GT(io.run_one_for(rigs::kWaitMax), 0U);
}

TEST_F(Looking, ItMayEndInTheMiddleOfWhatItTells) {
  auto const file = write("");
  std::optional<MemoryPressure> pressure;
  pressure.emplace(
      io, file,
      [&] {
        ++told;
        pressure.reset();
      },
      std::chrono::milliseconds(1));
  write("some avg10=50.00 avg60=0.00\n");
  while (pressure) ASSERT_GT(io.run_one_for(rigs::kWaitMax), 0U);
  io.run();
  EXPECT_EQ(told, 1);
}

TEST_F(Looking, WhereThereIsNoAccountNothingIsDone) {
  MemoryPressure const pressure(io, directory / "missing", [this] { ++told; });
  EXPECT_EQ(io.run(), 0U);
}

TEST_F(Looking, TheKernelsOwnFileIsTakenWithoutADescriptorLeft) {
  if (!std::filesystem::exists(MemoryPressure::kFile)) GTEST_SKIP() << "no pressure account";
  std::size_t before = 0;
  // Twice: what Asio itself opens, it opens once.
  for (int round = 0; round < 2; ++round) {
    before = rigs::open_descriptors();
    MemoryPressure const pressure(io, MemoryPressure::kFile, [this] { ++told; });
    io.poll();
  }
  io.restart();
  io.run();
  EXPECT_EQ(rigs::open_descriptors(), before);
}

}  // namespace
}  // namespace bridge::daemon
