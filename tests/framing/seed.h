// The seed of a random test: BRIDGE_TEST_SEED, or a fixed one, so that a run can be repeated.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace bridge::framing {

inline std::uint64_t test_seed() {
  char const* const text = std::getenv("BRIDGE_TEST_SEED");
  return text == nullptr ? 20261123 : std::strtoull(text, nullptr, 10);
}

}  // namespace bridge::framing
