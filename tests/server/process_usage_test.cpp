#include "proxy/server/process_usage.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {
namespace {

std::uint64_t own_pss_kib() {
  auto const usage = process_usage(::getpid());
  return usage ? usage->pss_kib : 0;
}

TEST(ProcessUsage, MemoryIsCountedWhenItIsTouched) {
  auto const before = own_pss_kib();
  ASSERT_GT(before, 0u);
  constexpr std::size_t kMebibytes = 32;
  std::vector<char> const touched(kMebibytes * 1024 * 1024, 'x');
  auto const after = own_pss_kib();
  EXPECT_GE(after, before + kMebibytes * 1024 * 9 / 10);
  EXPECT_EQ(touched.back(), 'x');

  // What two processes share counts half.
  std::array<int, 2> over{};
  ASSERT_EQ(::pipe(over.data()), 0);
  pid_t const pid = ::fork();
  if (pid == 0) {
    ::close(over[1]);
    char byte = 0;
    ::_exit(::read(over[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_GT(pid, 0);
  ::close(over[0]);
  auto const shared = own_pss_kib();
  ::close(over[1]);
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_LE(shared, after - kMebibytes * 1024 * 4 / 10);
}

TEST(ProcessUsage, ProcessorTimeIsCountedInMilliseconds) {
  auto const before = process_usage(::getpid());
  ASSERT_TRUE(before);
  // By the process's own clock, so that a busy machine makes no difference.
  timespec now{};
  auto const cpu_ms = [&now] {
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
  };
  auto const start = cpu_ms();
  std::uint64_t volatile sink = 0;  // in user space: the clock is read in the kernel
  while (cpu_ms() < start + 200)
    for (int i = 0; i < 100'000; ++i) sink = sink + 1;
  auto const after = process_usage(::getpid());
  ASSERT_TRUE(after);
  // The kernel counts in ticks of 10 ms.
  EXPECT_GE((after->cpu - before->cpu).count(), 160);
  EXPECT_LE(after->cpu.count(), cpu_ms() + 20);
}

TEST(ProcessUsage, AProcessThatIsNotThereHasNone) {
  pid_t const pid = ::fork();
  if (pid == 0) ::_exit(0);
  ASSERT_GT(pid, 0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(process_usage(pid)) << "a zombie has no memory";
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_FALSE(process_usage(pid));
}

// The name stands before the figures, in parentheses that it may have itself.
TEST(ProcessUsage, ANameThatLooksLikeFieldsDoesNotShiftThem) {
  std::array<int, 2> named{};
  std::array<int, 2> over{};
  ASSERT_EQ(::pipe(named.data()), 0);
  ASSERT_EQ(::pipe(over.data()), 0);
  pid_t const pid = ::fork();
  if (pid == 0) {
    ::close(over[1]);
    constexpr char kName[] = "a) R 9 9 9 9 9";
    kernel::UniqueFd const comm(::open("/proc/self/comm", O_WRONLY));
    bool const ok = ::write(comm.get(), kName, sizeof kName - 1) > 0;
    char byte = ok ? 'y' : 'n';
    bool const told = ::write(named[1], &byte, 1) == 1;
    ::_exit(told && ::read(over[0], &byte, 1) == 0 ? 0 : 1);
  }
  ASSERT_GT(pid, 0);
  kernel::UniqueFd named_read(named[0]);
  ::close(named[1]);
  ::close(over[0]);
  kernel::UniqueFd child_may_end(over[1]);
  char byte = 'n';
  ASSERT_EQ(::read(named_read.get(), &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  auto const usage = process_usage(pid);
  child_may_end.reset();
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  ASSERT_TRUE(usage);
  EXPECT_LT(usage->cpu.count(), 10'000);
  EXPECT_GT(usage->pss_kib, 0u);
}

}  // namespace
}  // namespace bridge::server
