// A text that is edited by LSP ranges, the slow way: a list of UTF-16 code units, walked from its
// beginning for each position. Refuses what gopls refuses (golang/tools, gopls/internal/protocol/
// mapper.go). Shares no code with proxy/session/journal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::simulation {

struct Place {
  std::size_t line = 0;
  std::size_t character = 0;
};

struct Edit {
  std::optional<std::pair<Place, Place>> range;  // none: `text` is the whole
  std::string text;
};

class SlowText {
 public:
  SlowText() = default;
  explicit SlowText(std::string_view utf8);
  // All of them or, where one is refused, none.
  bool apply(const std::vector<Edit>& edits);

  std::string utf8() const;
  std::size_t units() const noexcept { return units_.size(); }
  // Where the n-th unit stands.
  Place place(std::size_t n) const;
  std::uint64_t hash() const;

 private:
  std::optional<std::size_t> find(Place place) const;
  std::u16string units_;
};

}  // namespace bridge::simulation
