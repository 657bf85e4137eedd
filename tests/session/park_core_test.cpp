// A session that is left and one that takes it up: the machine between two scripted peers, with the
// daemon and the walk played by hand.
#include <gtest/gtest.h>

#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "proxy/exit_codes.h"
#include "proxy/session/session_core.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::session {
namespace {

using relay::Transfer;
using Json = nlohmann::json;

// Both directions of a peer, in memory.
struct Peer final : relay::Source, relay::Sink {
  std::string to_bridge;
  bool ended = false;
  bool deaf = false;  // does not read
  std::string unread;
  std::deque<Json> got;

  Transfer read_some(std::span<char> room) noexcept override {
    if (to_bridge.empty()) return ended ? Transfer::ended() : Transfer::blocked();
    std::size_t const size = std::min(room.size(), to_bridge.size());
    std::copy_n(to_bridge.data(), size, room.data());
    to_bridge.erase(0, size);
    return Transfer::moved(size);
  }
  Transfer write_some(std::string_view bytes) noexcept override {
    if (deaf) return Transfer::blocked();
    unread += bytes;
    for (;;) {
      auto const end = unread.find("\r\n\r\n");
      if (end == std::string::npos) break;
      auto const size = std::stoul(unread.substr(unread.find(": ") + 2));
      if (unread.size() < end + 4 + size) break;
      got.push_back(Json::parse(unread.substr(end + 4, size)));
      unread.erase(0, end + 4 + size);
    }
    return Transfer::moved(bytes.size());
  }
  bool splices() const noexcept override { return false; }
  int poll_fd() const noexcept override { return -1; }
  bool ready() const { return !to_bridge.empty() || ended; }

  std::vector<std::string> methods() const {
    std::vector<std::string> all;
    for (auto const& one : got) all.push_back(one.value("method", "answer"));
    return all;
  }
  std::optional<Json> take(const std::string& method) {
    for (auto it = got.begin(); it != got.end(); ++it) {
      if (it->value("method", "answer") != method) continue;
      Json found = *it;
      got.erase(it);
      return found;
    }
    return std::nullopt;
  }
};

struct Front final : World {
  rigs::TempDir folder;
  Peer editor;
  std::unique_ptr<Peer> server;
  std::map<std::string, std::string> disk;  // raw URI to text
  std::string state_to_take_up;             // what the next start gives
  std::string not_parked_because;
  std::string links_refused, links_taken_up;
  // What happened.
  std::optional<std::string> parked;  // the state
  bool left = false;
  bool walk_asked = false;
  int starts = 0;
  lease::AcquireReason last_reason{};
  std::optional<int> exit_code;
  std::vector<std::string> logs;
  std::map<SessionTimer, std::chrono::milliseconds> timers;
  std::optional<SessionCore> core;

  Front() { core.emplace(editor, editor, ServerEnds{}, *this, SessionCore::Settings{}); }

  void tell_needs(const lease::SessionNeeds&) override {}
  boost::system::result<ServerEnds, lease::AcquireError> start_server(
      lease::AcquireReason reason) override {
    ++starts;
    last_reason = reason;
    server = std::make_unique<Peer>();
    return ServerEnds{.source = server.get(),
                      .sink = server.get(),
                      .name = "gopls " + std::to_string(starts),
                      .sharing = lease::Sharing::pooled,
                      .environment = nullptr,
                      .parked = std::exchange(state_to_take_up, {})};
  }
  void close_server_input() override {}
  void drop_server(bool) override { server.reset(); }
  ServerEnd how_it_ended() override { return {.words = "gone", .killed = true}; }
  std::string server_usage() override { return {}; }
  std::optional<std::string> read_file(std::string_view raw_uri, std::size_t) override {
    auto const found = disk.find(std::string(raw_uri));
    return found == disk.end() ? std::nullopt : std::optional(found->second);
  }
  void try_program(const std::string&) override {}
  TimePoint now() override { return {}; }
  void arm(SessionTimer timer, std::chrono::milliseconds delay) override { timers[timer] = delay; }
  void disarm(SessionTimer timer) override { timers.erase(timer); }
  void log(LogKind, const std::string& text) override { logs.push_back(text); }
  void finish(int code, const std::string&) override { exit_code = code; }
  std::string why_not_park() override { return not_parked_because; }
  std::string links() override { return "abc-0"; }
  std::string take_up_links(std::string_view name) override {
    links_taken_up = name;
    return links_refused;
  }
  void tell_leaving() override { left = true; }
  std::string park_server(std::string_view state) override {
    EXPECT_FALSE(parked);
    parked = state;
    return {};
  }
  void start_walk(const std::vector<std::string>&, const ParkedSession*) override {
    walk_asked = true;
  }

  void settle() {
    core->settle();
    for (bool moved = true; moved && !exit_code;) {
      moved = false;
      if (core->wants_editor_source() && editor.ready()) {
        core->on_editor_source_ready();
        moved = true;
      }
      if (server && core->wants_server_source() && server->ready()) {
        core->on_server_source_ready();
        moved = true;
      }
      core->settle();
    }
  }
  static std::string framed_text(const Json& message) {
    std::string const body = message.dump();
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  void editor_says(const Json& message) {
    editor.to_bridge += framed_text(message);
    settle();
  }
  void server_says(const Json& message) {
    server->to_bridge += framed_text(message);
    settle();
  }
  void fire(SessionTimer timer) {
    ASSERT_EQ(timers.erase(timer), 1U);
    core->on_timer(timer);
    settle();
  }
  void walk_ends(SnapshotChanges changes = {}, std::vector<std::string> differing = {}) {
    WalkOutcome outcome;
    WalkRequest request;
    request.folders = {folder.path()};
    outcome.snapshot = WorkspaceSnapshot::take(request, outcome.error);
    ASSERT_TRUE(outcome.snapshot) << outcome.error;
    outcome.changes = std::move(changes);
    outcome.differing_documents = std::move(differing);
    core->on_walked(std::move(outcome));
    settle();
  }
  void walk_fails(const std::string& why) {
    WalkOutcome outcome;
    outcome.error = why;
    core->on_walked(std::move(outcome));
    settle();
  }
  bool logged(const std::string& text) const {
    for (auto const& line : logs)
      if (line.find(text) != std::string::npos) return true;
    return false;
  }
};

const std::string kA = "file:///m/a.go";
const std::string kB = "file:///m/b.go";

Json request(int id, const std::string& method, const Json& params = Json::object()) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
}
Json note(const std::string& method, const Json& params = Json::object()) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", params}};
}
Json answer(const Json& id, const Json& result) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"result", result}};
}
Json did_open(const std::string& uri, const std::string& text) {
  return note(
      "textDocument/didOpen",
      {{"textDocument", {{"uri", uri}, {"languageId", "go"}, {"version", 1}, {"text", text}}}});
}
Json about(const std::string& uri) { return {{"textDocument", {{"uri", uri}}}}; }

const Json kRegistration = {{"id", "watch-0"},
                            {"method", "workspace/didChangeWatchedFiles"},
                            {"registerOptions", {{"watchers", Json::array()}}}};

struct ParkCore : testing::Test {
  std::optional<Front> front;

  // Up to a loaded session with a.go open and saved.
  void begin() {
    front.emplace();
    front->disk[Json(kA).dump()] = "package a";
    front->editor_says(request(1, "initialize", {{"capabilities", Json::object()}}));
    ASSERT_TRUE(front->server);
    EXPECT_EQ(front->server->methods(), std::vector<std::string>{"initialize"});
    front->server_says(answer(1, {{"capabilities", {{"hoverProvider", true}}}}));
    front->editor_says(note("initialized"));
    front->server_says(request(100, "client/registerCapability",
                               {{"registrations", Json::array({kRegistration})}}));
    front->editor_says(answer(100, nullptr));
    front->server_says(request(101, "window/workDoneProgress/create", {{"token", "t"}}));
    front->editor_says(answer(101, nullptr));
    for (auto const* const kind : {"begin", "end"})
      front->server_says(note("$/progress", {{"token", "t"}, {"value", {{"kind", kind}}}}));
    front->editor_says(did_open(kA, "package a"));
    front->walk_ends();
    front->server->got.clear();
    front->editor.got.clear();
  }
  std::string park() {
    begin();
    front->server_says(note("textDocument/publishDiagnostics",
                            {{"uri", kB}, {"diagnostics", Json::array({Json::object()})}}));
    front->editor_says(request(9, "shutdown"));
    return front->parked.value_or("");
  }
  // Another editor, whose front gets that.
  void take_up(std::string state) {
    front.emplace();
    front->state_to_take_up = std::move(state);
    front->editor_says(request(0, "initialize", {{"capabilities", Json::object()}}));
  }
};

// --- leaving -------------------------------------------------------------------------------------

TEST_F(ParkCore, TheSessionIsGivenAwayBeforeShutdownIsAnswered) {
  begin();
  front->editor_says(did_open(kB, "not saved"));
  front->server->deaf = true;
  front->editor_says(request(9, "shutdown"));
  EXPECT_TRUE(front->left) << "whoever comes now may wait for it";
  EXPECT_FALSE(front->parked) << "not all is written";
  EXPECT_TRUE(front->editor.got.empty());
  front->server->deaf = false;
  front->core->on_server_sink_ready();
  front->settle();
  ASSERT_TRUE(front->parked);
  EXPECT_EQ(front->editor.got.at(0), answer(9, nullptr));
  EXPECT_FALSE(front->exit_code);
  front->editor_says(note("exit"));
  EXPECT_EQ(front->exit_code, kExitOk);
}

TEST_F(ParkCore, WhatIsInFlightIsCancelledAndOwed) {
  begin();
  front->editor_says(request(3, "textDocument/hover", about(kA)));
  auto* const server = front->server.get();
  server->got.clear();
  std::string error;
  // What was read of the server's next message goes along.
  server->to_bridge = "Content-Length: 5000\r\n\r\n{\"jsonrpc\"";
  front->settle();
  std::vector<Json> said;
  front->editor_says(request(9, "shutdown"));
  auto const state = parse_parked(front->parked.value_or(""), error);
  ASSERT_TRUE(state) << error;
  EXPECT_EQ(state->drain.owed, std::vector<std::string>{"3"});
  EXPECT_EQ(state->drain.unread, "Content-Length: 5000\r\n\r\n{\"jsonrpc\"");
}

TEST_F(ParkCore, WhatEqualsItsFileStaysOpenAndTheRestIsClosed) {
  begin();
  front->editor_says(did_open(kB, "package b // not saved"));
  front->disk[Json(kB).dump()] = "package b";
  std::string closed;
  front->editor_says(request(9, "shutdown"));
  std::string error;
  auto const state = parse_parked(front->parked.value_or(""), error);
  ASSERT_TRUE(state) << error;
  ASSERT_EQ(state->documents.size(), 1U);
  EXPECT_EQ(state->documents[0].raw_uri, Json(kA).dump());
  EXPECT_EQ(state->documents[0].bytes, 9U);
  EXPECT_EQ(front->parked->find("package"), std::string::npos) << "no source text is in it";
}

TEST_F(ParkCore, EndOfFileAndASignalParkToo) {
  begin();
  front->editor.ended = true;
  front->settle();
  EXPECT_TRUE(front->parked);
  EXPECT_EQ(front->exit_code, kExitOk);
  begin();
  front->core->on_signal("SIGTERM");
  front->settle();
  EXPECT_TRUE(front->parked);
  EXPECT_EQ(front->exit_code, kExitOk);
}

TEST_F(ParkCore, ExitWithoutShutdownDoesNot) {
  begin();
  front->editor_says(note("exit"));
  EXPECT_FALSE(front->parked);
}

TEST_F(ParkCore, WhatIsNotWorthKeepingIsNotKept) {
  auto const expect_not_kept = [&](const std::string& why) {
    front->editor_says(request(9, "shutdown"));
    EXPECT_FALSE(front->parked) << why;
    EXPECT_TRUE(front->logged(why)) << why;
    EXPECT_EQ(front->editor.take("answer"), answer(9, nullptr));
    EXPECT_TRUE(front->left) << "a restart is told from a reload also then";
  };
  front.emplace();  // nothing loaded
  front->editor_says(request(1, "initialize", {{"capabilities", Json::object()}}));
  front->server_says(answer(1, {{"capabilities", Json::object()}}));
  front->editor.got.clear();
  front->editor_says(note("initialized"));
  front->walk_ends();
  expect_not_kept("gopls has not finished its first load");

  begin();
  front->server_says(request(102, "window/workDoneProgress/create", {{"token", "u"}}));
  front->server_says(note("$/progress", {{"token", "u"}, {"value", {{"kind", "begin"}}}}));
  front->editor.got.clear();
  expect_not_kept("gopls is at work");

  begin();
  front->editor_says(request(4, "workspace/executeCommand", {{"command", "gopls.gc_details"}}));
  expect_not_kept("gopls.gc_details");

  begin();
  front->editor_says(note("workspace/didChangeWorkspaceFolders",
                          {{"event",
                            {{"added", Json::array({{{"uri", "file:///n"}, {"name", "n"}}})},
                             {"removed", Json::array()}}}}));
  expect_not_kept("folders");

  begin();
  front->not_parked_because = "a packages driver is in use";
  expect_not_kept("a packages driver is in use");
}

TEST_F(ParkCore, AGoplsThatDoesNotReadDoesNotKeepTheEditor) {
  begin();
  front->editor_says(did_open(kB, "not saved"));
  front->server->deaf = true;
  front->editor_says(request(9, "shutdown"));
  EXPECT_TRUE(front->editor.got.empty());
  front->fire(SessionTimer::lifecycle);
  EXPECT_EQ(front->editor.take("answer"), answer(9, nullptr));
  EXPECT_FALSE(front->parked);
}

TEST_F(ParkCore, AGoplsThatEndsMeanwhileEndsItQuietly) {
  begin();
  front->editor_says(did_open(kB, "not saved"));
  front->server->deaf = true;
  front->editor_says(request(9, "shutdown"));
  front->server->ended = true;
  front->settle();
  EXPECT_EQ(front->editor.take("answer"), answer(9, nullptr));
  EXPECT_FALSE(front->parked);
  front->editor_says(note("exit"));
  EXPECT_EQ(front->exit_code, kExitOk);
}

// --- taking up -----------------------------------------------------------------------------------

TEST_F(ParkCore, InitializeIsAnsweredAtOnceAndTheServerIsNotAskedAgain) {
  take_up(park());
  EXPECT_EQ(front->editor.take("answer"), answer(0, {{"capabilities", {{"hoverProvider", true}}}}));
  EXPECT_TRUE(front->server->got.empty());
  EXPECT_TRUE(front->walk_asked);
}

TEST_F(ParkCore, NothingIsLetThroughBeforeTheServerWasToldOfTheFiles) {
  take_up(park());
  front->editor.got.clear();
  front->editor_says(note("initialized"));
  front->editor_says(did_open(kA, "package a"));
  front->editor_says(request(1, "textDocument/hover", about(kA)));
  EXPECT_TRUE(front->server->got.empty());
  SnapshotChanges changes;
  changes.created = {"/m/new.go"};
  front->walk_ends(changes);
  EXPECT_EQ(front->server->methods(),
            (std::vector<std::string>{"textDocument/didClose", "workspace/didChangeWatchedFiles",
                                      "workspace/didChangeConfiguration", "textDocument/didOpen",
                                      "textDocument/hover"}));
  std::string const events = front->server->got[1].dump();
  EXPECT_NE(events.find("file:///m/new.go"), std::string::npos);
  EXPECT_NE(events.find(kB), std::string::npos) << "its diagnostics are to come again";
  EXPECT_EQ(front->server->got[2]["params"], (Json{{"settings", Json::object()}}));
  auto const registered = front->editor.take("client/registerCapability");
  ASSERT_TRUE(registered);
  EXPECT_EQ((*registered)["params"]["registrations"], Json::array({kRegistration}));
  // What the editor answers to it is not the server's.
  front->server->got.clear();
  front->editor_says(answer((*registered)["id"], nullptr));
  EXPECT_TRUE(front->server->got.empty());
}

TEST_F(ParkCore, ADocumentThatDiffersIsClosedFirst) {
  take_up(park());
  front->editor_says(note("initialized"));
  front->walk_ends({}, {Json(kA).dump()});
  EXPECT_EQ(front->server->got.at(0), note("textDocument/didClose", about(kA)));
  EXPECT_EQ(front->timers.count(SessionTimer::kept), 0U);
}

TEST_F(ParkCore, WhatIsNotOpenedAgainIsClosedAfterAWhile) {
  take_up(park());
  front->editor_says(note("initialized"));
  front->walk_ends();
  front->server->got.clear();
  front->fire(SessionTimer::kept);
  EXPECT_EQ(front->server->methods(), std::vector<std::string>{"textDocument/didClose"});

  take_up(park());
  front->editor_says(note("initialized"));
  front->walk_ends();
  front->editor_says(did_open("file:///m/%61.go", "package a"));  // a.go
  front->server->got.clear();
  front->fire(SessionTimer::kept);
  EXPECT_TRUE(front->server->got.empty()) << "the editor has it open";
}

TEST_F(ParkCore, WhatNoEventRepairsLeadsToAFreshSession) {
  take_up(park());
  front->editor_says(note("initialized"));
  front->editor_says(did_open(kA, "package a"));
  front->editor.got.clear();
  SnapshotChanges changes;
  changes.useless = "the go line of go.mod is another one";
  front->walk_ends(changes);
  EXPECT_EQ(front->starts, 2);
  auto const asked = front->server->take("initialize");
  ASSERT_TRUE(asked);
  front->server_says(answer((*asked)["id"], {{"capabilities", {{"hoverProvider", true}}}}));
  EXPECT_EQ(front->server->methods(),
            (std::vector<std::string>{"initialized", "textDocument/didOpen"}));
  // Its registrations are the editor's first.
  front->server_says(
      request(1, "client/registerCapability", {{"registrations", Json::array({kRegistration})}}));
  EXPECT_TRUE(front->editor.take("client/registerCapability"));
}

TEST_F(ParkCore, AWalkThatFailsLeadsToAFreshSession) {
  take_up(park());
  front->walk_fails("too slow");
  EXPECT_EQ(front->starts, 2);
  EXPECT_TRUE(front->server->take("initialize"));
}

TEST_F(ParkCore, AStateThatCannotBeReadLeadsToAFreshSession) {
  front.emplace();
  front->state_to_take_up = "nonsense";
  front->editor_says(request(0, "initialize", {{"capabilities", Json::object()}}));
  EXPECT_EQ(front->starts, 2);
  EXPECT_TRUE(front->server->take("initialize"));
  EXPECT_TRUE(front->editor.got.empty());
}

TEST_F(ParkCore, ItsLinksAreTurnedAndWhereTheyCannotBeASessionIsFresh) {
  auto const state = park();
  take_up(state);
  EXPECT_EQ(front->links_taken_up, "abc-0");
  front.emplace();
  front->links_refused = "the session's links are another's";
  front->state_to_take_up = state;
  front->editor_says(request(0, "initialize", {{"capabilities", Json::object()}}));
  EXPECT_EQ(front->starts, 2);
  EXPECT_TRUE(front->server->take("initialize"));
  EXPECT_TRUE(front->logged("another's"));
}

TEST_F(ParkCore, AGoplsThatEndsBeforeTheWalkIsReplacedAndTheEditorSeesNoError) {
  take_up(park());
  front->server->ended = true;
  front->settle();
  EXPECT_EQ(front->starts, 2);
  front->editor_says(note("initialized"));
  front->editor_says(did_open(kA, "package a"));
  front->editor_says(request(1, "textDocument/hover", about(kA)));
  auto const asked = front->server->take("initialize");
  ASSERT_TRUE(asked);
  front->server_says(answer((*asked)["id"], {{"capabilities", {{"hoverProvider", true}}}}));
  front->walk_ends();
  EXPECT_EQ(
      front->server->methods(),
      (std::vector<std::string>{"initialized", "textDocument/didOpen", "textDocument/hover"}));
}

TEST_F(ParkCore, WhatWasHeldForTheWalkIsNotLostWithTheServer) {
  take_up(park());
  front->editor_says(note("initialized"));
  front->editor_says(request(1, "textDocument/hover", about(kA)));
  front->server->ended = true;
  front->settle();
  EXPECT_EQ(front->starts, 2);
  auto const asked = front->server->take("initialize");
  ASSERT_TRUE(asked);
  front->server_says(answer((*asked)["id"], {{"capabilities", {{"hoverProvider", true}}}}));
  EXPECT_EQ(front->server->methods(),
            (std::vector<std::string>{"initialized", "textDocument/hover"}));
}

TEST_F(ParkCore, WhatOnlyAnotherProcessKnowsNotLeadsToOne) {
  take_up(park());
  front->editor_says(note("initialized"));
  SnapshotChanges changes;
  changes.useless = "a file has changed and kept its time";
  changes.needs_another_gopls = true;
  front->walk_ends(changes);
  EXPECT_EQ(front->starts, 2);
  EXPECT_EQ(front->last_reason, lease::AcquireReason::stale);
}

TEST_F(ParkCore, WhereAnythingChangedNothingStaysOpen) {
  take_up(park());
  front->editor_says(note("initialized"));
  SnapshotChanges changes;
  changes.deleted = {"/m/other.go"};
  front->walk_ends(changes);
  EXPECT_EQ(front->server->got.at(0), note("textDocument/didClose", about(kA)));
  EXPECT_EQ(front->timers.count(SessionTimer::kept), 0U);
}

TEST_F(ParkCore, ASessionThatWasTakenUpIsParkedAgain) {
  take_up(park());
  front->editor_says(note("initialized"));
  front->walk_ends();
  front->editor_says(request(2, "shutdown"));
  ASSERT_TRUE(front->parked);
  std::string error;
  auto const state = parse_parked(*front->parked, error);
  ASSERT_TRUE(state) << error;
  ASSERT_EQ(state->documents.size(), 1U) << "still open at the server";
  take_up(*front->parked);
  EXPECT_EQ(front->editor.take("answer"), answer(0, {{"capabilities", {{"hoverProvider", true}}}}));
  front->editor_says(note("initialized"));
  front->walk_ends();
  auto const registered = front->editor.take("client/registerCapability");
  ASSERT_TRUE(registered);
  EXPECT_EQ((*registered)["params"]["registrations"], Json::array({kRegistration}));
}

}  // namespace
}  // namespace bridge::session
