#include "bench/count_allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

// In a file of its own: where g++ 12 can inline one of the pair, it warns of a mismatch.
namespace {

std::atomic<std::size_t> count{0};

}  // namespace

std::size_t bridge::bench::allocation_count() noexcept {
  return count.load(std::memory_order_relaxed);
}

void* operator new(std::size_t size) {
  count.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
