// A parked session's state on its way from one process to another: the bytes lie in a memfd, never
// in a file. It can grow (the daemon appends) and not shrink, so that what is mapped stays there.
// What the bytes mean is session/park/PARKED.md's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/kernel/unique_fd.h"

namespace bridge::lease {

// A journal without texts has some hundred KiB; a snapshot of 400,000 files some ten MiB.
inline constexpr std::size_t kStateBytesMax = std::size_t{256} * 1024 * 1024;

// A memfd that holds `state`. Empty: errno says why (EFBIG: more than kStateBytesMax, or nothing).
kernel::UniqueFd make_state_file(std::string_view state);

// Bytes of one that came from somebody else, mapped, and kept out of core dumps.
class MappedState {
 public:
  // `fd` is needed only for the call. ok() is false, and complaint() says why, where it is no
  // memfd that cannot shrink, empty, or too large.
  explicit MappedState(int fd);
  ~MappedState();
  MappedState(const MappedState&) = delete;
  MappedState& operator=(const MappedState&) = delete;

  bool ok() const noexcept { return bytes_.data() != nullptr; }
  const std::string& complaint() const noexcept { return complaint_; }
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
  std::string complaint_;
};

// Writes `more` at the offset `at`, which may be its end. False: errno says why.
bool write_state(int fd, std::size_t at, std::string_view more);

}  // namespace bridge::lease
