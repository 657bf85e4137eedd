#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

namespace bridge::framing {

// A copy of bytes that ends where the next page may not be read: one byte too far is a SIGSEGV.
class GuardedBytes {
 public:
  explicit GuardedBytes(std::string_view bytes) {
    std::size_t const page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    std::size_t const pages = (bytes.size() + page - 1) / page + 1;
    size_ = pages * page;
    base_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base_ == MAP_FAILED) std::abort();
    char* const guard = static_cast<char*>(base_) + size_ - page;
    if (::mprotect(guard, page, PROT_NONE) != 0) std::abort();
    if (!bytes.empty()) std::memcpy(guard - bytes.size(), bytes.data(), bytes.size());
    view_ = {guard - bytes.size(), bytes.size()};
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes() { ::munmap(base_, size_); }
  std::string_view view() const { return view_; }

 private:
  void* base_ = nullptr;
  std::size_t size_ = 0;
  std::string_view view_;
};

}  // namespace bridge::framing
