#include "proxy/session/replay/server_ids.h"

#include <algorithm>

namespace bridge::session {

void ServerIds::lose(const std::vector<ServerRequest>& unanswered) {
  for (ServerRequest const& request : unanswered) owed_.push_back(request.raw_id);
  changed_.clear();
}

std::optional<std::string> ServerIds::given_to(std::string_view raw_id) {
  if (std::find(owed_.begin(), owed_.end(), raw_id) == owed_.end()) return std::nullopt;
#if BRIDGE_PLANTED_BUG == 3
  return std::nullopt;
#endif
  changed_.push_back({"\"gopls-bridge:s:" + std::to_string(++count_) + '"', std::string(raw_id)});
  return changed_.back().ours;
}

std::optional<std::string> ServerIds::given(std::string_view raw_id) const {
  for (Changed const& id : changed_) {
    if (id.theirs == raw_id) return id.ours;
  }
  return std::nullopt;
}

ServerIds::Answer ServerIds::on_answer(std::string_view raw_id) {
  auto const owed = std::find(owed_.begin(), owed_.end(), raw_id);
  if (owed != owed_.end()) {
    owed_.erase(owed);
    return {.swallow = true, .raw_id = {}};
  }
  auto const changed = std::find_if(changed_.begin(), changed_.end(),
                                    [raw_id](const Changed& id) { return id.ours == raw_id; });
  if (changed == changed_.end()) return {};
  Answer answer{.swallow = false, .raw_id = std::move(changed->theirs)};
  changed_.erase(changed);
  return answer;
}

}  // namespace bridge::session
