#include "proxy/session/park/background_walk.h"

#include <sys/eventfd.h>

namespace bridge::session {

struct BackgroundWalk::Work {
  kernel::UniqueFd done{::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
};

BackgroundWalk::BackgroundWalk(WalkRequest, bool) : work_(std::make_unique<Work>()) {}
BackgroundWalk::BackgroundWalk(WalkRequest, std::string, std::vector<KeptDocument>)
    : work_(std::make_unique<Work>()) {}
BackgroundWalk::~BackgroundWalk() = default;
int BackgroundWalk::fd() const noexcept { return work_->done.get(); }
std::optional<WalkOutcome> BackgroundWalk::take() {
  return WalkOutcome{
      .snapshot = {}, .error = "not written yet", .changes = {}, .differing_documents = {}};
}

}  // namespace bridge::session
