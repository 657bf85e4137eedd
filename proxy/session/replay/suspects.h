// Which documents may have ended a server by being opened, and which of them did so too often to be
// opened again.
//
// A server that is lost soon after documents were opened makes them suspects. The next server is
// given the suspects last and one by one; if it is lost at one of them, that one has done it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::session {

class Suspects {
 public:
  // Losses after which a document is left out: one among others, one alone.
  static constexpr int kLossesMax = 2;

  // Documents (raw URIs) opened shortly before a loss, none of them alone.
  void suspect(const std::vector<std::string>& raw_uris) {
    for (std::string const& uri : raw_uris) losses_.try_emplace(uri, 1);
  }
  // The server was lost when this one had just been opened alone. True: it is left out from now on.
  bool blame(const std::string& raw_uri) { return ++losses_[raw_uri] == kLossesMax; }

  bool is_suspect(const std::string& raw_uri) const { return losses_.count(raw_uri) != 0; }
  bool is_left_out(const std::string& raw_uri) const {
    auto const at = losses_.find(raw_uri);
    return at != losses_.end() && at->second >= kLossesMax;
  }
  // It has another text now, or is closed.
  void forgive(const std::string& raw_uri) { losses_.erase(raw_uri); }
  // A server has lived with those that are not left out.
  void clear() {
    std::erase_if(losses_, [](const auto& entry) { return entry.second < kLossesMax; });
  }
  bool empty() const noexcept { return losses_.empty(); }

 private:
  std::map<std::string, int> losses_;
};

}  // namespace bridge::session
