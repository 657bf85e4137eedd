// Whether large frames may wait in the kernel's pipes (large_frame.h), or all go through a buffer.
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge::relay {

enum class ZeroCopy : std::uint8_t { off, on };

// For `release` as uname(2) gives it. From Linux 6.5 on splice gives a Unix socket its pages by
// reference, many to a segment (MSG_SPLICE_PAGES); before, one at a time, each with a wake-up of
// the reader, which has not been seen to pay. A name that is no version counts as an old one.
ZeroCopy zero_copy_that_pays(std::string_view release) noexcept;

// The same for the kernel that runs.
ZeroCopy zero_copy_that_pays() noexcept;

}  // namespace bridge::relay
