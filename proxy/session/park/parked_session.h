// What one front leaves of a session and another takes up: everything that the gopls connection
// itself does not hold. No source text is in it: documents that stay open at the server are equal
// to their files, and known by a checksum.
//
// The serialised form (PARKED.md) lies in a memfd, which the front that parks fills, the daemon
// keeps without looking at more than the drain's part, and the front that resumes reads. Front's
// and daemon's part are apart: the daemon only appends its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/session/journal/journal.h"

namespace bridge::session {

// A document that the server has open and that is equal to its file.
struct KeptDocument {
  std::string raw_uri{};  // JSON string, with quotes, as sent with didOpen
  std::uint64_t bytes = 0;
  std::uint64_t text_checksum = 0;  // checksum() of journal/record.h over the text
  friend bool operator==(const KeptDocument&, const KeptDocument&) = default;
};

// What the drain must know (parked_drain.h).
struct DrainStart {
  std::string unread{};             // bytes of the server's that were read and not taken
  std::vector<std::string> owed{};  // raw ids of the requests that the server has not answered
  std::vector<ServerRequest> open_requests{};  // of the server's, which the editor has not answered
  // Raw params of workspace/configuration requests, each with the raw result last given.
  std::vector<std::pair<std::string, std::string>> configuration{};
  // Raw tokens that the server created and has not ended (Journal::open_progress()).
  std::vector<std::string> open_progress{};
};

struct ParkedSession {
  DrainStart drain;
  std::string journal{};  // Journal::serialise(), without documents and without what is in flight
  std::vector<KeptDocument> documents{};
  std::string snapshot{};  // WorkspaceSnapshot::serialise(): the files as they were last told
  std::string links{};     // SessionLinks::name() (server/session_links.h); empty: it has none
  // While it was parked (ParkedDrain::news()): bodies of the server's messages that the journal
  // must take in (registrations, progress), and of publishDiagnostics only what it says of which
  // file.
  std::vector<std::string> news{};
};

// The front's part: all but `news`.
std::string serialise(const ParkedSession& session);
// The daemon's part, to be appended.
std::string serialise_news(const std::vector<std::string>& news);
// nullopt, and why in `error`, where the bytes are none of this version. News may be missing.
std::optional<ParkedSession> parse_parked(std::string_view bytes, std::string& error);
// Of the same bytes, without a copy of the rest.
std::optional<DrainStart> parse_drain_start(std::string_view bytes, std::string& error);

}  // namespace bridge::session
