// One walk over a workspace on a thread of its own, so that the loop goes on relaying. The only
// thread in the program; it touches nothing but its own request and result.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "proxy/session/park/parked_session.h"
#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {

struct WalkOutcome {
  std::optional<WorkspaceSnapshot> snapshot;
  std::string error;  // why there is none
  // For a resume: what is new since `before`, and those documents whose files are no longer what
  // the server has open. Empty without one.
  SnapshotChanges changes;
  std::vector<std::string> differing_documents;  // raw URIs
  std::chrono::microseconds took{};
};

class BackgroundWalk {
 public:
  // `in_no_hurry`: at the lowest priority (the first walk of a session; nobody waits for it).
  BackgroundWalk(WalkRequest request, bool in_no_hurry);
  // For a resume: with `before` (a serialised snapshot) and the documents to be compared.
  BackgroundWalk(WalkRequest request, std::string before, std::vector<KeptDocument> documents);
  // Waits for the thread; it is told to stop at once.
  ~BackgroundWalk();
  BackgroundWalk(const BackgroundWalk&) = delete;
  BackgroundWalk& operator=(const BackgroundWalk&) = delete;

  // Readable when take() gives the outcome.
  int fd() const noexcept;
  std::optional<WalkOutcome> take();

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace bridge::session
