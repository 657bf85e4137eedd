#include "proxy/lease/state_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace bridge::lease {

using kernel::UniqueFd;

bool write_state(int fd, std::size_t at, std::string_view more) {
  while (!more.empty()) {
    ssize_t const written = ::pwrite(fd, more.data(), more.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += static_cast<std::size_t>(written);
    more.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

UniqueFd make_state_file(std::string_view state) {
  if (state.empty() || state.size() > kStateBytesMax) {
    errno = EFBIG;
    return {};
  }
  UniqueFd file(::memfd_create("gopls-bridge-parked", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || !write_state(file.get(), 0, state) ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
    return {};
  }
  return file;
}

MappedState::MappedState(int fd) {
  // No memfd (nor what else lies in shared memory) answers with EINVAL.
  int const seals = ::fcntl(fd, F_GET_SEALS);
  struct stat facts {};
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(fd, &facts) != 0) {
    complaint_ = "the state is not in a memfd that cannot shrink";
    return;
  }
  auto const size = static_cast<std::size_t>(facts.st_size);
  if (size == 0 || size > kStateBytesMax) {
    complaint_ = size == 0 ? "the state is empty" : "the state is too large";
    return;
  }
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (start == MAP_FAILED) {
    complaint_ = std::string("the state cannot be mapped: ") + std::strerror(errno);
    return;
  }
  (void)::madvise(start, size, MADV_DONTDUMP);  // where that is not to be had, nothing is lost
  bytes_ = {static_cast<const char*>(start), size};
}

MappedState::~MappedState() {
  if (ok()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace bridge::lease
