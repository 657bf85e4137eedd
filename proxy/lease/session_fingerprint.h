// What two sessions must be equal in, besides the key of their gopls, for one to take up what the
// other has parked: the editor's wishes, the folders, the environment that gopls was told, the
// files from which go takes settings, and this very build of the bridge. DESIGN.md, "Parked
// sessions", argues the list.
#pragma once

#include <string>

#include "proxy/lease/server_source.h"
#include "proxy/server/environment.h"
#include "proxy/server/share_key.h"

namespace bridge::lease {

struct SessionFingerprint {
  std::string digest;   // 32 hex digits; empty: neither parks nor resumes
  std::string why_not;  // then why, in words for the log
};

// Reads some small files: GOENV's, $GOROOT/go.env and VERSION.
SessionFingerprint session_fingerprint(const SessionNeeds& needs, const server::ShareKey& key,
                                       const server::Environment& environment);

}  // namespace bridge::lease
