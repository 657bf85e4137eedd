// What must be equal for a session to be taken up by another editor process, read from
// `initialize`. Pure.
//
// Left out, because they say who asks and not what is wanted: processId, clientInfo.version,
// workDoneToken (and partialResultToken), and the request's id. All else counts, key order and
// white space aside: capabilities, initializationOptions, folders, rootUri, rootPath, locale,
// trace, clientInfo.name.
#pragma once

#include <string>
#include <string_view>

namespace bridge::session {

// Of the body of `initialize`, as the editor sent it. Empty: it could not be read (too deep, no
// JSON): such a session is neither parked nor resumed. The environment and the toolchain's files
// are added by who knows them (lease/leased_server.h).
std::string identity_of(std::string_view initialize);

// Who asks, as "pid:start time in clock ticks": the process of processId if it lives in our pid
// namespace, else the parent of this one. That, too, where processId is this process itself:
// opencode names the server that it has started. What a process parked it never gets back: "restart
// language server" must lead to a fresh one. Empty: not known.
std::string parker_of(std::string_view initialize);

}  // namespace bridge::session
