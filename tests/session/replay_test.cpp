// Replay alone, with a world whose clock stands where the test puts it: what the simulation and its
// histories (tests/simulation) do not say.
#include "proxy/session/replay/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "proxy/session/compose.h"

namespace bridge::session {
namespace {

using std::chrono::seconds;
using Kind = ReplayAction::Kind;
using Verdict = relay::Decision::Verdict;

struct StillWorld final : World {
  TimePoint time{seconds(1000)};

  void tell_needs(const lease::SessionNeeds&) override {}
  boost::system::result<ServerEnds, lease::AcquireError> start_server(
      lease::AcquireReason) override {
    return lease::AcquireError{"the test starts servers"};
  }
  void close_server_input() override {}
  void drop_server(bool) override {}
  ServerEnd how_it_ended() override { return {}; }
  std::string server_usage() override { return {}; }
  std::optional<std::string> read_file(std::string_view, std::size_t) override { return {}; }
  void try_program(const std::string&) override {}
  TimePoint now() override { return time; }
  void arm(SessionTimer, std::chrono::milliseconds) override {}
  void disarm(SessionTimer) override {}
  void log(LogKind, const std::string&) override {}
  void finish(int, const std::string&) override {}
};

std::string initialize_answer(std::string_view raw_id, std::string_view version) {
  return result_message(raw_id, R"({"capabilities":{},"serverInfo":{"name":"s","version":)" +
                                    raw_string(version) + "}}");
}

struct ReplayAlone : testing::Test {
  StillWorld world;
  Journal journal;
  Replay replay{{}, journal, world};
  std::vector<ReplayAction> actions;

  Verdict editor(const std::string& body) {
    return take(replay.on_editor_frame(view(body)).verdict);
  }
  Verdict server(const std::string& body) {
    return take(replay.on_server_frame(view(body)).verdict);
  }
  static relay::FrameView view(const std::string& body) {
    return {framing::text_of(framing::scan_envelope(body), body), body.size(), body, body};
  }
  Verdict take(Verdict verdict) {
    for (ReplayAction& action : replay.take_actions()) actions.push_back(std::move(action));
    return verdict;
  }
  // Bodies of this kind that hold this text, so far.
  long sent(Kind kind, std::string_view text) const {
    return std::count_if(actions.begin(), actions.end(), [&](const ReplayAction& action) {
      return action.kind == kind && action.text.find(text) != std::string::npos;
    });
  }

  void begin(std::size_t document_bytes_max = 1000) {
    journal = Journal({.document_bytes_max = document_bytes_max});
    editor(
        R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{"workspace":{)"
        R"("semanticTokens":{"refreshSupport":true},"codeLens":{"refreshSupport":true},)"
        R"("inlayHint":{"refreshSupport":false}}}}})");
    server(initialize_answer("0", "1"));
    editor(R"({"jsonrpc":"2.0","method":"initialized","params":{}})");
  }
  // The server is lost, and the next one is told the session.
  void lose_and_greet(std::string_view version) {
    replay.on_server_lost("closed", {});
    replay.on_server_started("another");
    take({});
    std::string const asked = actions[actions.size() - 2].text;  // behind it the timer
    framing::Envelope const envelope = framing::scan_envelope(asked);
    ASSERT_EQ(envelope.method.in(asked), "initialize");
    server(initialize_answer(envelope.id.in(asked), version));
    ASSERT_EQ(replay.phase(), Replay::Phase::live);
  }
  void settle() {
    for (int tick = 0; tick < 5; ++tick) replay.on_timer(SessionTimer::settle);
    take({});
  }
};

TEST_F(ReplayAlone, AnotherVersionMeansThatTheEditorIsAskedToAskAgainForWhatItSupports) {
  begin();
  lose_and_greet("1");
  settle();
  EXPECT_EQ(sent(Kind::to_editor, "/refresh"), 0) << "the same version says the same";
  lose_and_greet("2");
  EXPECT_EQ(sent(Kind::to_editor, "/refresh"), 0) << "not before it has loaded";
  settle();
  EXPECT_EQ(sent(Kind::to_editor, "\"workspace/semanticTokens/refresh\""), 1);
  EXPECT_EQ(sent(Kind::to_editor, "\"workspace/codeLens/refresh\""), 1);
  EXPECT_EQ(sent(Kind::to_editor, "/refresh"), 2) << "inlay hints are not refreshed by this one";
}

TEST_F(ReplayAlone, ARequestThatEndsServersLateIsNotAskedForEver) {
  begin();
  editor(R"({"jsonrpc":"2.0","id":1,"method":"textDocument/references","params":{}})");
  for (int loss = 1; loss <= 2; ++loss) {
    world.time += seconds(60);
    lose_and_greet("1");
    EXPECT_EQ(sent(Kind::to_server, "textDocument/references"), loss);
  }
  world.time += seconds(60);
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(sent(Kind::answer_editor, "-32803"), 1);
  EXPECT_TRUE(journal.asked().empty());
}

TEST_F(ReplayAlone, ARequestAboutATextThatTheServerWasNotToldIsNotAskedOfIt) {
  begin(/*document_bytes_max=*/10);
  editor(R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":)"
         R"({"uri":"file:///a.go","languageId":"go","version":1,"text":"more than ten bytes"}}})");
  std::string const hover =
      R"({"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"textDocument":)"
      R"({"uri":"file:///a.go"}}})";
  EXPECT_EQ(editor(hover), Verdict::pass);
  server(result_message("1", "null"));
  lose_and_greet("1");
  EXPECT_EQ(editor(hover), Verdict::drop);
  EXPECT_EQ(sent(Kind::answer_editor, "-32801"), 1);
  // A text that fits makes it known.
  EXPECT_EQ(editor(R"({"jsonrpc":"2.0","method":"textDocument/didChange","params":)"
                   R"({"textDocument":{"uri":"file:///a.go","version":2},)"
                   R"("contentChanges":[{"text":"short"}]}})"),
            Verdict::replace);
  EXPECT_EQ(editor(hover), Verdict::pass);
}

TEST_F(ReplayAlone, AProgramThatLacksWhatTheEditorWasToldDoesNotTakeOver) {
  editor(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}})");
  server(result_message("0", R"({"capabilities":{"hoverProvider":true}})"));
  editor(R"({"jsonrpc":"2.0","method":"initialized","params":{}})");
  replay.on_program_changed();
  take({});
  EXPECT_EQ(sent(Kind::try_program, "initialize"), 1);
  replay.on_program_tried(result_message("1", R"({"capabilities":{}})"), "");
  replay.on_timer(SessionTimer::replace);
  take({});
  EXPECT_EQ(replay.phase(), Replay::Phase::live);
  EXPECT_EQ(sent(Kind::to_server, "shutdown"), 0);

  replay.on_program_changed();
  replay.on_program_tried(result_message("1", R"({"capabilities":{"hoverProvider":true}})"), "");
  replay.on_timer(SessionTimer::replace);
  take({});
  EXPECT_EQ(replay.phase(), Replay::Phase::resting);
}

// --- shared servers ------------------------------------------------------------------------------

struct ReplayOfAShared : ReplayAlone {
  static constexpr auto kReferences =
      R"({"jsonrpc":"2.0","id":1,"method":"textDocument/references","params":{}})";

  void begin_shared() {
    replay.on_server(lease::Sharing::pooled);
    begin();
  }
  // A minute without a message of the editor's.
  void rest() {
    replay.on_timer(SessionTimer::activity);
    replay.on_timer(SessionTimer::activity);
    take({});
  }
  // The reason of the start that was last asked for; nullopt: none was since the last call.
  std::optional<lease::AcquireReason> started() {
    std::optional<lease::AcquireReason> reason;
    for (ReplayAction const& action : std::exchange(actions, {})) {
      if (action.kind == Kind::start_server) reason = action.reason;
    }
    return reason;
  }
};

TEST_F(ReplayOfAShared, ALostServerIsNotFollowedWhereNobodyWaitsForOne) {
  begin_shared();
  rest();
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(replay.phase(), Replay::Phase::asleep);
  EXPECT_EQ(started(), std::nullopt);
  EXPECT_EQ(editor(kReferences), Verdict::drop);
  EXPECT_EQ(started(), lease::AcquireReason::woken);
}

TEST_F(ReplayOfAShared, ALostServerIsFollowedAtOnceWhereTheEditorWasActive) {
  begin_shared();
  rest();
  editor(R"({"jsonrpc":"2.0","method":"workspace/didChangeWorkspaceFolders","params":{}})");
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(started(), lease::AcquireReason::lost);
}

TEST_F(ReplayOfAShared, ALostServerIsFollowedAtOnceWhereItOwesAnAnswer) {
  begin_shared();
  editor(kReferences);
  rest();
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(started(), lease::AcquireReason::lost);
}

TEST_F(ReplayOfAShared, AServerOfItsOwnIsFollowedAlsoWhereTheEditorIsQuiet) {
  begin();
  rest();
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(started(), lease::AcquireReason::lost);
}

TEST_F(ReplayOfAShared, TwoThatEndWithAnAnswerOwedMeanOneOfItsOwnAndTheRequestIsAskedOfIt) {
  begin_shared();
  editor(kReferences);
  lose_and_greet("1");
  EXPECT_EQ(started(), lease::AcquireReason::lost);
  world.time += seconds(5);
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(sent(Kind::answer_editor, "-32803"), 0) << "another session may have ended it";
  replay.on_timer(SessionTimer::start_again);  // this one came to nothing: the next waits a moment
  take({});
  EXPECT_EQ(started(), lease::AcquireReason::suspected);
  EXPECT_EQ(journal.asked().size(), 1U);
}

TEST_F(ReplayOfAShared, TwoThatEndFarApartOrWithoutWorkForItAreNotItsFault) {
  begin_shared();
  editor(kReferences);
  lose_and_greet("1");
  world.time += seconds(61);
  lose_and_greet("1");
  EXPECT_EQ(started(), lease::AcquireReason::lost);
  server(result_message("1", "null"));
  world.time += seconds(5);
  replay.on_server_lost("closed", {});
  take({});
  EXPECT_EQ(started(), lease::AcquireReason::lost);
}

TEST_F(ReplayOfAShared, WhereMemoryIsShortItIsLetGoUnlessTheEditorWaits) {
  begin_shared();
  editor(kReferences);
  replay.on_memory_short();
  EXPECT_EQ(replay.phase(), Replay::Phase::live);
  server(result_message("1", "null"));
  replay.on_memory_short();
  EXPECT_EQ(replay.phase(), Replay::Phase::resting);
}

TEST_F(ReplayOfAShared, AnotherOneIsTakenWithoutBlame) {
  begin_shared();
  editor(kReferences);
  replay.take_another("it sets something for all");
  take({});
  EXPECT_EQ(started(), lease::AcquireReason::lost);
  EXPECT_EQ(journal.asked().size(), 1U) << "to be asked again";
}

}  // namespace
}  // namespace bridge::session
