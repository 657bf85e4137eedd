#include "proxy/session/park/parked_drain.h"

#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "proxy/session/compose.h"
#include "tests/journal/journal_fixture.h"

namespace bridge::session {
namespace {

constexpr framing::Limits kLimits{.body_bytes_max = std::size_t{4} * 1024 * 1024};

// All that can be seen of a drain.
struct Seen {
  std::string output;
  std::vector<std::string> news;
  std::string trouble;
  bool ready = false;
  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    out << "output " << seen.output << "\ntrouble " << seen.trouble << "\nready " << seen.ready;
    for (const std::string& body : seen.news) out << "\nnews " << body;
    return out;
  }
};

Seen drained(const DrainStart& start, const std::vector<std::string_view>& pieces) {
  ParkedDrain drain(start, kLimits);
  Seen seen;
  for (std::string_view const piece : pieces) {
    drain.on_bytes(piece);
    seen.output += drain.take_output();
  }
  seen.output += drain.take_output();
  seen.news = drain.news();
  seen.trouble = drain.trouble();
  seen.ready = drain.ready();
  return seen;
}

Seen drained(const std::string& stream, const DrainStart& start = {}) {
  return drained(start, {stream});
}

std::string progress(std::string_view raw_token, std::string_view kind) {
  return notification("$/progress", R"({"token":)" + std::string(raw_token) +
                                        R"(,"value":{"kind":")" + std::string(kind) +
                                        R"(","title":"t","message":"m"}})");
}

std::string diagnostics(std::string_view uri, std::string_view list) {
  return notification("textDocument/publishDiagnostics", R"({"uri":")" + std::string(uri) +
                                                             R"(","version":3,"diagnostics":)" +
                                                             std::string(list) + "}");
}

std::string told_of(std::string_view uri, std::string_view list) {
  return notification(
      "textDocument/publishDiagnostics",
      R"({"uri":")" + std::string(uri) + R"(","diagnostics":)" + std::string(list) + "}");
}

struct Question {
  std::string method;
  std::string params;
  std::string result;  // empty: MethodNotFound
};
void PrintTo(const Question& question, std::ostream* out) { *out << question.method; }

class Asked : public testing::TestWithParam<Question> {};

TEST_P(Asked, IsAnsweredUnderItsId) {
  for (const char* const id : {"1", R"("a\u0062")"}) {
    Seen const seen = drained(framed(request(id, GetParam().method, GetParam().params)));
    EXPECT_EQ(seen.output,
              framed(GetParam().result.empty() ? error_message(id, -32601, "the editor has left")
                                               : result_message(id, GetParam().result)));
    EXPECT_EQ(seen.trouble, "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Asked,
    testing::Values(
        Question{"client/registerCapability", R"({"registrations":[]})", "null"},
        Question{"client/unregisterCapability", R"({"unregisterations":[]})", "null"},
        Question{"window/workDoneProgress/create", R"({"token":1})", "null"},
        Question{"window/showMessageRequest", R"({"actions":[{"title":"yes"}]})", "null"},
        Question{"window/showDocument", R"({"uri":"file:///a"})", R"({"success":false})"},
        Question{"workspace/applyEdit", R"({"edit":{}})", R"({"applied":false})"},
        Question{"workspace/workspaceFolders", "null", "null"},
        Question{"workspace/codeLens/refresh", "null", "null"},
        Question{"workspace/semanticTokens/refresh", "null", "null"},
        Question{"workspace/inlayHint/refresh", "null", "null"},
        Question{"workspace/inlineValue/refresh", "null", "null"},
        Question{"workspace/foldingRange/refresh", "null", "null"},
        Question{"workspace/diagnostic/refresh", "null", "null"},
        Question{"workspace/configuration", R"({"items":[{"section":"gopls"}]})", "[null]"},
        Question{"workspace/configuration", R"({"items":[{"s":[1,2]},{},{}]})", "[null,null,null]"},
        Question{"workspace/configuration", R"({"items":[]})", "[]"},
        Question{"workspace/configuration", "{}", "[]"},
        Question{"window/somethingNew", "{}", ""}));

TEST(ParkedDrain, ConfigurationIsAnsweredAsLastTime) {
  DrainStart const start{.configuration = {
                             {R"({"items":[{"section":"gopls"}]})", R"([{"a":1}])"},
                             {R"({"items":[{"scopeUri":"file:///w","section":"gopls"}]})", "[2]"},
                         }};
  Seen const seen = drained(
      framed(request("1", "workspace/configuration",
                     R"({"items":[{"scopeUri":"file:///w","section":"gopls"}]})")) +
          framed(request("2", "workspace/configuration", R"({"items":[{"section":"gopls"}]})")) +
          framed(request("3", "workspace/configuration", R"({"items":[{"section":"go"}]})")),
      start);
  EXPECT_EQ(seen.output, framed(result_message("1", "[2]")) +
                             framed(result_message("2", R"([{"a":1}])")) +
                             framed(result_message("3", "[null]")));
}

// The editor left before it answered these; what the params were is not known.
TEST(ParkedDrain, WhatTheEditorHadNotAnsweredIsAnsweredFirst) {
  DrainStart const start{.unread = framed(request("9", "workspace/codeLens/refresh", "null")),
                         .open_requests = {{R"("r")", "client/registerCapability"},
                                           {"4", "workspace/applyEdit"},
                                           {"5", "workspace/configuration"}},
                         .configuration = {{R"({"items":[{}]})", R"([{"a":1}])"}}};
  EXPECT_EQ(drained("", start).output, framed(result_message(R"("r")", "null")) +
                                           framed(result_message("4", R"({"applied":false})")) +
                                           framed(result_message("5", R"([{"a":1}])")) +
                                           framed(result_message("9", "null")));
  EXPECT_EQ(drained("", {.open_requests = {{"5", "workspace/configuration"}}}).output,
            framed(result_message("5", "[]")));
}

TEST(ParkedDrain, LateAnswersAreTickedOffAndDropped) {
  ParkedDrain drain({.owed = {"7", R"("a")", "8"}}, kLimits);
  EXPECT_FALSE(drain.ready());
  EXPECT_TRUE(drain.on_bytes(framed(R"({"error":{"code":-32800,"message":"no"},"id":8})")));
  EXPECT_TRUE(drain.on_bytes(framed(answer(R"("\u0061")", R"([{"uri":"file:///secret"}])"))));
  EXPECT_FALSE(drain.ready());
  EXPECT_TRUE(drain.on_bytes(framed(answer("7"))));
  EXPECT_TRUE(drain.ready());
  EXPECT_TRUE(drain.news().empty());
  EXPECT_EQ(drain.take_output(), "");
}

TEST(ParkedDrain, AnIdThatWasAskedTwiceIsAnsweredTwice) {
  ParkedDrain drain({.owed = {"7", "7"}}, kLimits);
  EXPECT_TRUE(drain.on_bytes(framed(answer("7"))));
  EXPECT_FALSE(drain.ready());
  EXPECT_TRUE(drain.on_bytes(framed(answer("7"))));
  EXPECT_TRUE(drain.ready());
  EXPECT_FALSE(drain.on_bytes(framed(answer("7"))));
}

TEST(ParkedDrain, AnAnswerToNothingIsTrouble) {
  EXPECT_EQ(drained(framed(answer("7")), {.owed = {R"("7")"}}).trouble,
            "the server answered what it was not asked");
}

TEST(ParkedDrain, WhatIsNoLspIsTroubleForGood) {
  for (const std::string& bytes :
       {std::string("goroutine 1 [running]\n"), std::string("Content-Length: x\r\n\r\n{}"),
        framed("[]"), framed("{}"),
        framed(R"({"id":null,"error":{"code":-32700,"message":"what?"}})"), framed("garbage"),
        std::string("Content-Length: 4194305\r\n\r\n")}) {
    ParkedDrain drain({}, kLimits);
    EXPECT_FALSE(drain.on_bytes(bytes)) << bytes;
    EXPECT_NE(drain.trouble(), "") << bytes;
    EXPECT_FALSE(drain.ready()) << bytes;
    EXPECT_FALSE(drain.on_bytes(framed(request("1", "workspace/applyEdit", "{}")))) << bytes;
    EXPECT_EQ(drain.take_output(), "") << bytes;
  }
}

TEST(ParkedDrain, TroubleInWhatWasReadBeforeItIsSeenAtOnce) {
  ParkedDrain drain({.unread = framed("[]")}, kLimits);
  EXPECT_EQ(drain.trouble(), "the server sent what is no message");
  EXPECT_FALSE(drain.on_bytes(""));
}

TEST(ParkedDrain, OfDiagnosticsOnlyTheLastOfEachFileAndNoText) {
  Seen const seen = drained(framed(diagnostics("file:///a.go", R"([{"message":"secret"}])")) +
                            framed(diagnostics("file:///b.go", "[ ]")) +
                            framed(diagnostics("file:///a.go", "[]")) +
                            framed(diagnostics("file:///b.go", R"([ {"message":"secret"}, {}])")) +
                            framed(diagnostics("file:///c.go", "null")));
  EXPECT_EQ(seen.news, (std::vector<std::string>{told_of("file:///a.go", "[]"),
                                                 told_of("file:///b.go", "[{}]"),
                                                 told_of("file:///c.go", "[]")}));
  EXPECT_TRUE(seen.ready);
}

TEST(ParkedDrain, RegistrationsAndProgressAreKeptAsTheyCame) {
  std::vector<std::string> const kept = {
      request("1", "client/registerCapability", R"({"registrations":[{"id":"a","method":"m"}]})"),
      request("2", "window/workDoneProgress/create", R"({"token":"t"})"),
      progress(R"("t")", "begin"),
      request("3", "client/unregisterCapability",
              R"({"unregisterations":[{"id":"a","method":"m"}]})"),
      progress(R"("t")", "end"),
  };
  Seen const seen =
      drained(framed(kept[0]) + framed(kept[1]) + framed(kept[2]) +
              framed(progress(R"("t")", "report")) + framed(kept[3]) + framed(kept[4]));
  EXPECT_EQ(seen.news, kept);
}

TEST(ParkedDrain, WhatIsForTheUserIsDropped) {
  Seen const seen =
      drained(framed(notification("window/showMessage", R"({"type":1,"message":"x"})")) +
              framed(notification("window/logMessage", R"({"type":3,"message":"x"})")) +
              framed(notification("telemetry/event", R"({"x":1})")) +
              framed(notification("$/logTrace", R"({"message":"x"})")) +
              framed(notification("$/cancelRequest", R"({"id":1})")) +
              framed(notification("window/somethingNew", "{}")));
  EXPECT_EQ(seen, (Seen{.output = "", .news = {}, .trouble = "", .ready = true}));
}

TEST(ParkedDrain, AJournalFedWithTheNewsIsAsIfItHadSeenTheMessages) {
  std::vector<std::string> const messages = {
      progress(R"("old")", "end"),
      request("3", "client/registerCapability",
              R"({"registrations":[{"id":"b","method":"n"},{"id":"c","method":"o"}]})"),
      request("4", "client/unregisterCapability",
              R"({"unregisterations":[{"id":"a","method":"m"},{"id":"c","method":"o"}]})"),
      request("5", "window/workDoneProgress/create", R"({"token":77})"),
      progress("77", "begin"),
      progress("77", "report"),
      diagnostics("file:///old.go", "[]"),
      diagnostics("file:///new.go", R"([{"message":"x"}])"),
      diagnostics("file:///gone.go", R"([{"message":"x"}])"),
      diagnostics("file:///gone.go", "[]"),
      notification("window/logMessage", R"({"type":3,"message":"x"})"),
  };
  Journal live;
  from_editor(live, request("0", "initialize", "{}"));
  from_server(live, answer("0", "{}"));
  from_server(live, request("1", "client/registerCapability",
                            R"({"registrations":[{"id":"a","method":"m"}]})"));
  from_server(live, request("2", "window/workDoneProgress/create", R"({"token":"old"})"));
  from_server(live, progress(R"("old")", "begin"));
  from_server(live, diagnostics("file:///old.go", "[{}]"));
  live.forget_server_requests();
  std::string error;
  auto resumed = Journal::parse(live.serialise(), {}, error);
  ASSERT_TRUE(resumed) << error;

  std::string stream;
  for (const std::string& message : messages) {
    from_server(live, message);
    stream += framed(message);
  }
  live.forget_server_requests();
  for (const std::string& body : drained(stream, {.open_progress = {R"("old")"}}).news)
    from_server(*resumed, body);
  resumed->forget_server_requests();

  EXPECT_EQ(resumed->serialise(), live.serialise());
  EXPECT_EQ(resumed->take_remarks(), std::vector<std::string>{});
  EXPECT_EQ(resumed->diagnosed(), std::vector<std::string>{R"("file:///new.go")"});
  ASSERT_EQ(resumed->registrations().size(), 1U);
  EXPECT_EQ(resumed->registrations()[0].id, "b");
  EXPECT_EQ(resumed->open_progress(), std::vector<std::string>{"77"});
}

TEST(ParkedDrain, IsReadyAtAFrameBoundaryOnly) {
  std::string const frame = framed(notification("window/logMessage", "{}"));
  ParkedDrain drain({.unread = frame.substr(0, 5)}, kLimits);
  EXPECT_FALSE(drain.ready());
  for (std::size_t at = 5; at < frame.size(); ++at) {
    EXPECT_FALSE(drain.ready()) << "before byte " << at;
    drain.on_bytes(frame.substr(at, 1));
  }
  EXPECT_TRUE(drain.ready());
}

TEST(ParkedDrain, IsNotReadyWhileAnAnswerOfItsOwnWaits) {
  ParkedDrain drain({}, kLimits);
  EXPECT_TRUE(drain.ready());
  drain.on_bytes(framed(request("1", "workspace/applyEdit", "{}")));
  EXPECT_FALSE(drain.ready());
  drain.take_output();
  EXPECT_TRUE(drain.ready());
}

TEST(ParkedDrain, IsNotReadyWhileProgressIsOpen) {
  ParkedDrain drain({.open_progress = {R"("of before")"}}, kLimits);
  EXPECT_FALSE(drain.ready());
  drain.on_bytes(framed(request("1", "window/workDoneProgress/create", R"({"token":5})")));
  drain.take_output();
  drain.on_bytes(framed(progress(R"("of befor\u0065")", "end")));
  EXPECT_FALSE(drain.ready());
  drain.on_bytes(framed(progress("5", "begin")));
  drain.on_bytes(framed(progress("5", "end")));
  EXPECT_TRUE(drain.ready());
  // Of a token that a request brought, or that was created before.
  drain.on_bytes(framed(progress("6", "begin")));
  EXPECT_FALSE(drain.ready());
  drain.on_bytes(framed(progress("6", "end")));
  EXPECT_TRUE(drain.ready());
}

TEST(ParkedDrain, WhatIsKeptIsBounded) {
  ParkedDrain drain({}, kLimits);
  std::size_t kept = 0;
  std::string const end = progress("1000", "end");
  while (drain.on_bytes(framed(end))) {
    kept += end.size();
    ASSERT_LE(kept, ParkedDrain::kNewsBytesMax);
  }
  EXPECT_EQ(drain.trouble(), "the server sent more than is kept");
  EXPECT_GT(kept, ParkedDrain::kNewsBytesMax - 2 * end.size());
}

TEST(ParkedDrain, SoIsWhatIsOpenAtOnce) {
  ParkedDrain drain({}, kLimits);
  int open = 0;
  while (drain.on_bytes(framed(progress(std::to_string(open), "begin")))) ASSERT_LT(++open, 1000);
  EXPECT_EQ(drain.trouble(), "the server began too much at once");
  EXPECT_EQ(open, 256);
}

TEST(ParkedDrain, AFileWithNewsAgainAndAgainCostsNothing) {
  ParkedDrain drain({}, kLimits);
  std::string const error = framed(diagnostics("file:///a.go", R"([{"message":"x"}])"));
  std::string const none = framed(diagnostics("file:///a.go", "[]"));
  for (int n = 0; n < 20'000; ++n) ASSERT_TRUE(drain.on_bytes(n % 2 == 0 ? error : none));
  EXPECT_EQ(drain.news().size(), 1U);
}

struct Stream {
  std::string name;
  std::string bytes;
  DrainStart start;
};
void PrintTo(const Stream& stream, std::ostream* out) { *out << stream.name; }

class DrainedStream : public testing::TestWithParam<Stream> {
 protected:
  const std::string& bytes() const { return GetParam().bytes; }
  Seen whole() const { return drained(GetParam().start, {bytes()}); }
};

TEST_P(DrainedStream, ByteAtATime) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < bytes().size(); ++at)
    pieces.push_back(std::string_view(bytes()).substr(at, 1));
  EXPECT_EQ(drained(GetParam().start, pieces), whole());
}

TEST_P(DrainedStream, EveryCutInTwo) {
  std::string_view const view = bytes();
  for (std::size_t cut = 0; cut <= view.size(); ++cut)
    EXPECT_EQ(drained(GetParam().start, {view.substr(0, cut), view.substr(cut)}), whole())
        << "cut at " << cut;
}

// What the front had read before it left.
TEST_P(DrainedStream, EveryCutBetweenFrontAndDaemon) {
  for (std::size_t cut = 0; cut <= bytes().size(); ++cut) {
    DrainStart start = GetParam().start;
    start.unread = bytes().substr(0, cut);
    EXPECT_EQ(drained(start, {std::string_view(bytes()).substr(cut)}), whole()) << "cut at " << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DrainedStream,
    testing::Values(
        Stream{"Everything",
               framed(request("1", "workspace/configuration", R"({"items":[{"a":1}]})")) +
                   framed(answer("7", "{}")) +
                   framed(request("2", "client/registerCapability", R"({"registrations":[]})")) +
                   framed(diagnostics("file:///a.go", "[{}]")) + framed(progress("3", "begin")) +
                   framed(diagnostics("file:///a.go", "[]")) + framed(progress("3", "end")),
               {.owed = {"7"}, .configuration = {{R"({"items":[{"a":1}]})", "[1]"}}}},
        Stream{"Nothing", "", {}},
        Stream{"OtherHeaders",
               "Content-Type: x\r\nContent-Length:  2\r\n\r\n{}" + framed(answer("1")),
               {}},
        Stream{"HalfAFrame", "Content-Length: 20\r\n\r\n{\"method\"", {.owed = {"1"}}},
        Stream{"TroubleInTheMiddle",
               framed(request("1", "workspace/applyEdit", "{}")) + "Content-Length: -1\r\n\r\n" +
                   framed(request("2", "workspace/applyEdit", "{}")),
               {}}),
    [](auto const& stream) { return stream.param.name; });

}  // namespace
}  // namespace bridge::session
