// Takes down what was found wrong in a history, and, where asked, all that happened.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "tests/simulation/timeline.h"

namespace bridge::simulation {

class Referee {
 public:
  Referee(const Timeline& timeline, bool verbose) : timeline_(timeline), verbose_(verbose) {}

  // Only the first counts: what follows may follow from it.
  void fault(std::string text) {
    if (fault_.empty()) fault_ = at() + std::move(text);
    if (verbose_) std::printf("%sFAULT\n", at().c_str());
  }
  bool good() const noexcept { return fault_.empty(); }
  const std::string& found() const noexcept { return fault_; }

  bool verbose() const noexcept { return verbose_; }
  void note(std::string_view who, std::string_view text) const {
    if (!verbose_) return;
    // Long ones are texts: their ends say enough.
    constexpr std::size_t kShown = 600;
    std::string const cut = text.size() <= kShown ? "" : " ...";
    std::printf("%s%-9.*s %.*s%s\n", at().c_str(), static_cast<int>(who.size()), who.data(),
                static_cast<int>(text.size() < kShown ? text.size() : kShown), text.data(),
                cut.c_str());
  }

 private:
  std::string at() const {
    char text[32];
    std::snprintf(text, sizeof text, "%10.4f  ", timeline_.seconds_since_start());
    return text;
  }

  const Timeline& timeline_;
  bool verbose_;
  std::string fault_;
};

}  // namespace bridge::simulation
