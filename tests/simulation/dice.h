// Chance that can be repeated: a stream of numbers from a seed and a name. Each part of a history
// has a stream of its own, so that one that asks more often changes nothing for the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace bridge::simulation {

class Dice {
 public:
  Dice(std::uint64_t seed, std::string_view name) : state_(seed * 0x9E3779B97F4A7C15 + 1) {
    for (char const c : name) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    next();
  }

  // Below n; 0 where n is 0.
  std::size_t below(std::size_t n) { return n == 0 ? 0 : next() % n; }
  // Both included.
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  bool percent(unsigned chance) { return below(100) < chance; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class List>
  auto& pick(List& list) {
    return list[below(std::size(list))];
  }

 private:
  // SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

}  // namespace bridge::simulation
