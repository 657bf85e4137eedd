// What of a file's stat is kept: two numbers in which everything that could differ is mixed. Only
// ever compared for being equal; that two different files have an equal one is as likely as a
// guessed 64-bit number.
#pragma once

#include <sys/stat.h>
#include <time.h>

#include <cstdint>

namespace bridge::session {

struct FileFacts {
  // Of device, inode, size, ctime and mode, of a link those of its target too; as_seen().
  std::uint64_t all = 0;
  // Of device, inode and mtime: what gopls knows a file's text by while its process lives
  // (gopls/internal/cache/fs_memoized.go). All else different and this equal: gopls, though told,
  // would go on with the old text.
  std::uint32_t memo = 0;
};

// The kernel's clock for files goes in ticks, of 10 ms at CONFIG_HZ=100; twice that. Git has the
// same trouble, and calls such an entry racily clean (Documentation/technical/racy-git.txt).
inline constexpr std::int64_t kTickNs = 20'000'000;
// File systems that keep whole seconds (ext3; ext4 with inodes of 128 bytes).
inline constexpr std::int64_t kCoarseTickNs = 2'000'000'000;

constexpr std::uint64_t mix(std::uint64_t state, std::uint64_t value) noexcept {
  // The finaliser of splitmix64 (https://prng.di.unimi.it/splitmix64.c).
  state = (state ^ value) + 0x9e3779b97f4a7c15U;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31);
}

constexpr std::int64_t nanoseconds(const timespec& time) noexcept {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// By the clock that files are stamped with.
inline std::int64_t now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

// `since`: when the walk began, by CLOCK_REALTIME; what changed at that time or later may change
// once more within one tick.
constexpr bool is_racy(const struct stat& status, std::int64_t since) noexcept {
  return nanoseconds(status.st_ctim) >=
         since - (status.st_ctim.tv_nsec == 0 ? kCoarseTickNs : kTickNs);
}

// The lowest bit is set where what was seen may change again and look the same.
constexpr std::uint64_t as_seen(std::uint64_t mixed, bool racy) noexcept {
  return (mixed | 1U) ^ (racy ? 0U : 1U);
}
constexpr bool was_racy(std::uint64_t seen) noexcept { return (seen & 1U) != 0; }
// For what is seen now it does not matter whether it may change again; of what was, the bit makes
// the two differ.
constexpr bool is_unchanged(std::uint64_t before, std::uint64_t now) noexcept {
  return before == (now & ~std::uint64_t{1});
}

constexpr std::uint64_t mixed(std::uint64_t state, const struct stat& status) noexcept {
  state = mix(state, status.st_dev);
  state = mix(state, status.st_ino);
  state = mix(state, static_cast<std::uint64_t>(status.st_size));
  state = mix(state, static_cast<std::uint64_t>(nanoseconds(status.st_ctim)));
  return mix(state, status.st_mode);
}

constexpr std::uint32_t memo_of(const struct stat& status) noexcept {
  std::uint64_t state = mix(0, status.st_dev);
  state = mix(state, status.st_ino);
  return static_cast<std::uint32_t>(
      mix(state, static_cast<std::uint64_t>(nanoseconds(status.st_mtim))));
}

}  // namespace bridge::session
