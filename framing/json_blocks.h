// JSON text in blocks of 64 bytes: one bit a byte for quotes, brackets and what is inside strings,
// so that long nested values are skipped without a branch a byte.
//
// The idea is that of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (2019), sections
// 3.1.1 and 3.1.2; SSE2 is in every x86-64, other machines take the plain loop.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bridge::framing {

inline constexpr std::size_t kBlockBytes = 64;

// Bit i is byte i of the block.
struct BlockMasks {
  std::uint64_t quotes = 0;
  std::uint64_t backslashes = 0;
  std::uint64_t opens = 0;   // { and [
  std::uint64_t closes = 0;  // } and ]
};

inline BlockMasks load_whole_block(char const* bytes) noexcept {
  BlockMasks masks;
#if defined(__SSE2__)
  for (unsigned i = 0; i < kBlockBytes; i += 16) {
    __m128i const chunk = _mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes + i));
    auto const equal = [&](__m128i value, char c) {
      auto const bits = _mm_movemask_epi8(_mm_cmpeq_epi8(value, _mm_set1_epi8(c)));
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(bits)) << i;
    };
    // [ and ] differ from { and } by this bit only; no other byte becomes one of these.
    __m128i const brackets = _mm_or_si128(chunk, _mm_set1_epi8(0x20));
    masks.quotes |= equal(chunk, '"');
    masks.backslashes |= equal(chunk, '\\');
    masks.opens |= equal(brackets, '{');
    masks.closes |= equal(brackets, '}');
  }
#else
  for (unsigned i = 0; i < kBlockBytes; ++i) {
    std::uint64_t const bit = std::uint64_t{1} << i;
    switch (bytes[i]) {
      case '"':
        masks.quotes |= bit;
        break;
      case '\\':
        masks.backslashes |= bit;
        break;
      case '{':
      case '[':
        masks.opens |= bit;
        break;
      case '}':
      case ']':
        masks.closes |= bit;
        break;
      default:
        break;
    }
  }
#endif
  return masks;
}

// The first 64 bytes of `text`; blanks stand for those it does not have.
inline BlockMasks load_block(std::string_view text) noexcept {
  if (text.size() >= kBlockBytes) return load_whole_block(text.data());
  char padded[kBlockBytes];
  std::memset(padded, ' ', sizeof padded);
  std::memcpy(padded, text.data(), text.size());
  return load_whole_block(padded);
}

// Without -mpopcnt the compiler's builtin is a call and a table look-up: 12 % of an exact scan.
inline std::uint64_t count_bits(std::uint64_t bits) noexcept {
#if defined(__x86_64__) && !defined(__POPCNT__)
  bits -= (bits >> 1) & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + ((bits >> 2) & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return (bits * 0x0101010101010101) >> 56;
#else
  return static_cast<std::uint64_t>(std::popcount(bits));
#endif
}

// Carries over block borders whether the text is inside a string and whether a byte is escaped.
class BlockStrings {
 public:
  static BlockStrings from_inside() noexcept {
    BlockStrings strings;
    strings.inside_ = ~std::uint64_t{0};
    return strings;
  }

  // Quotes that open or close a string. Each block must be given exactly once, in order.
  std::uint64_t quotes(BlockMasks const& block) noexcept {
    return block.quotes & ~escaped(block.backslashes);
  }

  // From an opening quote (with it) to its closing quote (without it).
  std::uint64_t inside(BlockMasks const& block) noexcept {
    std::uint64_t bits = quotes(block);
    for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;  // prefix xor
    bits ^= inside_;
    inside_ = (bits >> 63) != 0 ? ~std::uint64_t{0} : 0;
    return bits;
  }

 private:
  // Bytes behind a run of backslashes of odd length.
  std::uint64_t escaped(std::uint64_t backslashes) noexcept {
    if (backslashes == 0) {
      std::uint64_t const first = escapes_next_;
      escapes_next_ = 0;
      return first;
    }
    constexpr std::uint64_t kEven = 0x5555555555555555;
    // A backslash that is itself escaped begins no run.
    backslashes &= ~escapes_next_;
    std::uint64_t const starts = backslashes & ~(backslashes << 1);
    // Adding a run to its start carries a bit to behind the run; that its parity differs from the
    // start's says that the length is odd.
    std::uint64_t const even_starts = starts & kEven;
    std::uint64_t const odd_starts = starts & ~kEven;
    std::uint64_t const behind_even = (backslashes + even_starts) & ~backslashes;
    std::uint64_t odd_sum = 0;
    bool const overflow = __builtin_add_overflow(backslashes, odd_starts, &odd_sum);
    std::uint64_t const behind_odd = odd_sum & ~backslashes;
    std::uint64_t const result = (behind_even & ~kEven) | (behind_odd & kEven) | escapes_next_;
    // A run up to the block's last bit that began on an odd bit has odd length: 63 is odd.
    escapes_next_ = overflow ? 1 : 0;
    return result;
  }

  std::uint64_t inside_ = 0;  // all ones: the last block ended inside a string
  std::uint64_t escapes_next_ = 0;
};

}  // namespace bridge::framing
