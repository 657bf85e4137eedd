// How long to wait before the next server, by how many in a row came to nothing.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

namespace bridge::session {

inline constexpr int kFailuresTold = 3;  // then the user is told, once

inline std::chrono::milliseconds delay_after(int failures) {
  // A machine that is short of something for a moment gets a second chance at once; one that is
  // broken costs a start every half minute.
  constexpr std::array<int, 6> kDelays = {0, 200, 1000, 5000, 15000, 30000};
  auto const last = static_cast<int>(kDelays.size()) - 1;
  return std::chrono::milliseconds(kDelays[std::clamp(failures, 0, last)]);
}

}  // namespace bridge::session
