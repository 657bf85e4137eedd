// How sessions begin and end, without a process and without a clock: frames and events in, actions
// out.
#include "proxy/session/lifecycle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "framing/envelope.h"
#include "proxy/exit_codes.h"

namespace bridge::session {
namespace {

using relay::EndReason;
using Kind = Action::Kind;
using Verdict = relay::Decision::Verdict;
using std::chrono::milliseconds;

constexpr relay::PumpEnd kClosed{.reason = EndReason::source_closed};
constexpr relay::PumpEnd kCut{.reason = EndReason::source_cut};

struct LifecycleTest : testing::Test {
  Lifecycle::Settings settings;
  Lifecycle lifecycle{settings};
  std::vector<Action> last;

  static relay::Decision show(std::string_view body,
                              const std::function<relay::Decision(const relay::FrameView&)>& to) {
    return to({framing::text_of(framing::scan_envelope(body), body), body.size(), body, body});
  }
  Verdict editor(std::string_view body) {
    return show(body, [this](auto& view) { return lifecycle.on_editor_frame(view); }).verdict;
  }
  Verdict server(std::string_view body) {
    return show(body, [this](auto& view) { return lifecycle.on_server_frame(view); }).verdict;
  }

  std::vector<Kind> actions() {
    last = lifecycle.take_actions();
    std::vector<Kind> kinds;
    for (auto const& action : last) kinds.push_back(action.kind);
    return kinds;
  }
  // The exit code if the session is over.
  int finished_with() {
    auto const all = lifecycle.take_actions();
    auto const end = std::find_if(all.begin(), all.end(),
                                  [](auto& action) { return action.kind == Kind::finish; });
    return end == all.end() ? -1 : end->exit_code;
  }

  void initialize() {
    EXPECT_EQ(editor(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{}})"),
              Verdict::pass);
    EXPECT_EQ(server(R"({"jsonrpc":"2.0","result":{},"id":0})"), Verdict::pass);
  }
  void ask_shutdown() {
    EXPECT_EQ(editor(R"({"jsonrpc":"2.0","id":7,"method":"shutdown"})"), Verdict::pass);
  }
  Verdict answer_shutdown() { return server(R"({"jsonrpc":"2.0","result":null,"id":7})"); }
  Verdict send_exit() { return editor(R"({"jsonrpc":"2.0","method":"exit"})"); }
};

TEST_F(LifecycleTest, ShutdownAndExitEndWithZero) {
  initialize();
  ask_shutdown();
  EXPECT_EQ(answer_shutdown(), Verdict::pass);
  EXPECT_EQ(send_exit(), Verdict::pass) << "a private gopls gets its exit";
  actions();
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, ExitWithoutShutdownEndsWithOne) {
  initialize();
  EXPECT_EQ(send_exit(), Verdict::pass);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitWithoutShutdown);
}

TEST_F(LifecycleTest, ExitIsHeldUntilTheAnswerToShutdownIsIn) {
  initialize();
  ask_shutdown();
  EXPECT_EQ(send_exit(), Verdict::hold);
  actions();
  EXPECT_EQ(answer_shutdown(), Verdict::pass);
  EXPECT_EQ(actions(), (std::vector{Kind::release_editor}));
  EXPECT_EQ(send_exit(), Verdict::pass);
}

TEST_F(LifecycleTest, EverySpellingOfExitIsSeen) {
  for (std::string_view const body :
       {R"({"jsonrpc":"2.0","method":"exit"})", R"({"jsonrpc":"2.0","Method":"exit"})",
        R"({"jsonrpc":"2.0","m\u0065thod":"\u0065xit"})", R"({"method":"exit","id":3})",
        R"({"method":"initialized","params":{"method":"x"},"method":"exit"})"}) {
    Lifecycle shared({});
    shared.on_server(lease::Sharing::connected);
    Verdict const verdict =
        show(body, [&](auto& view) { return shared.on_editor_frame(view); }).verdict;
    EXPECT_EQ(verdict, Verdict::drop) << body;
    EXPECT_TRUE(shared.has_actions()) << body;
  }
}

TEST_F(LifecycleTest, ASharedServerNeverSeesExit) {
  lifecycle.on_server(lease::Sharing::connected);
  initialize();
  EXPECT_EQ(send_exit(), Verdict::drop);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

struct PooledLifecycle : LifecycleTest {
  void ask_pooled_shutdown() {
    lifecycle.on_server(lease::Sharing::pooled);
    initialize();
    EXPECT_EQ(editor(R"({"jsonrpc":"2.0","id":7,"method":"shutdown"})"), Verdict::drop);
    EXPECT_EQ(actions(), (std::vector{Kind::arm_timer, Kind::park}));
    EXPECT_EQ(last[0].timer, Timer::park);
  }
};

TEST_F(PooledLifecycle, ShutdownIsAnsweredWhenItIsKnownWhetherTheSessionIsKept) {
  ask_pooled_shutdown();
  EXPECT_EQ(send_exit(), Verdict::hold);
  lifecycle.on_park_over(/*parked=*/true);
  EXPECT_EQ(actions(),
            (std::vector{Kind::disarm_timer, Kind::answer_editor, Kind::release_editor}));
  EXPECT_EQ(send_exit(), Verdict::drop);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(PooledLifecycle, WhatIsNotKeptLeavesAsBefore) {
  ask_pooled_shutdown();
  lifecycle.on_park_over(/*parked=*/false);
  actions();
  EXPECT_EQ(send_exit(), Verdict::drop);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

TEST_F(PooledLifecycle, ParkingThatTakesTooLongIsGivenUp) {
  ask_pooled_shutdown();
  lifecycle.on_timer(Timer::park);
  EXPECT_EQ(actions(), (std::vector{Kind::stop_parking, Kind::disarm_timer, Kind::answer_editor,
                                    Kind::release_editor}));
  lifecycle.on_park_over(/*parked=*/true);
  EXPECT_TRUE(actions().empty());
}

TEST_F(PooledLifecycle, AnEndOfFileWhileItParksEndsTheSessionBehindIt) {
  ask_pooled_shutdown();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_TRUE(actions().empty());
  lifecycle.on_park_over(/*parked=*/true);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(PooledLifecycle, EndOfFileAndASignalParkAndExitWithoutShutdownDoesNot) {
  lifecycle.on_server(lease::Sharing::pooled);
  initialize();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(actions(), (std::vector{Kind::arm_timer, Kind::park}));
  lifecycle.on_park_over(/*parked=*/true);
  EXPECT_EQ(finished_with(), kExitOk);

  Lifecycle signalled({});
  signalled.on_server(lease::Sharing::pooled);
  signalled.on_signal("SIGTERM");
  auto const all = signalled.take_actions();
  EXPECT_EQ(all.back().kind, Kind::park);

  Lifecycle broken({});
  broken.on_server(lease::Sharing::pooled);
  show(R"({"jsonrpc":"2.0","method":"exit"})",
       [&](auto& view) { return broken.on_editor_frame(view); });
  for (auto const& action : broken.take_actions()) EXPECT_NE(action.kind, Kind::park);
}

TEST_F(LifecycleTest, ALateShutdownAnswerIsGivenByTheBridgeAndGoplsOwnIsDropped) {
  initialize();
  ask_shutdown();
  EXPECT_EQ(actions(), (std::vector{Kind::arm_timer}));
  EXPECT_EQ(last[0].timer, Timer::shutdown_answer);
  EXPECT_EQ(last[0].delay, settings.shutdown_answer_after);
  lifecycle.on_timer(Timer::shutdown_answer);
  EXPECT_EQ(actions(), (std::vector{Kind::answer_editor, Kind::release_editor}));
  EXPECT_EQ(last[0].text,
            "Content-Length: 38\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":null}");
  EXPECT_EQ(answer_shutdown(), Verdict::drop);
}

TEST_F(LifecycleTest, AnAnswerInTimeIsNotGivenTwice) {
  initialize();
  ask_shutdown();
  EXPECT_EQ(answer_shutdown(), Verdict::pass);
  actions();
  lifecycle.on_timer(Timer::shutdown_answer);
  EXPECT_TRUE(actions().empty());
}

TEST_F(LifecycleTest, AStringIdMayComeBackWithOtherEscapes) {
  EXPECT_EQ(editor(R"({"id":"\u0061b","method":"shutdown"})"), Verdict::pass);
  actions();
  EXPECT_EQ(server(R"({"result":null,"id":"ab"})"), Verdict::pass);
  EXPECT_EQ(actions(), (std::vector{Kind::release_editor}));
}

TEST_F(LifecycleTest, VsCodesReloadIsShutdownAndThenEndOfFile) {
  initialize();
  ask_shutdown();
  actions();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_TRUE(actions().empty()) << "the answer to shutdown is still awaited";
  answer_shutdown();
  EXPECT_EQ(actions(),
            (std::vector{Kind::release_editor, Kind::close_server_input, Kind::arm_timer}));
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, AnswersOwedAtTheEditorsEndOfFileAreWaitedFor) {
  initialize();
  editor(R"({"id":1,"method":"textDocument/hover"})");
  editor(R"({"id":2,"method":"textDocument/hover"})");
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(actions(), (std::vector{Kind::arm_timer}));
  EXPECT_EQ(last[0].timer, Timer::drain);
  server(R"({"result":null,"id":2})");
  EXPECT_TRUE(actions().empty());
  server(R"({"result":null,"id":1})");
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

TEST_F(LifecycleTest, TheWaitForOwedAnswersIsBounded) {
  initialize();
  editor(R"({"id":1,"method":"textDocument/hover"})");
  lifecycle.on_editor_ended(kClosed);
  actions();
  lifecycle.on_timer(Timer::drain);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
  EXPECT_EQ(last[1].timer, Timer::leave);
  lifecycle.on_timer(Timer::leave);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, EndOfFileWithNothingOwedEndsAtOnce) {
  initialize();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, EndOfFileInsideAFrameIsAnError) {
  initialize();
  lifecycle.on_editor_ended(kCut);
  actions();
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitBadFraming);
}

TEST_F(LifecycleTest, EndOfFileInsideAFrameIsNotWorthWaitingForAnswers) {
  initialize();
  editor(R"({"id":1,"method":"textDocument/hover"})");
  lifecycle.on_editor_ended(kCut);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

TEST_F(LifecycleTest, AfterShutdownNothingIsWaitedForButItsAnswer) {
  initialize();
  editor(R"({"id":1,"method":"textDocument/hover"})");
  ask_shutdown();
  answer_shutdown();
  actions();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

TEST_F(LifecycleTest, AServerLostWhileItsAnswersAreAwaitedIsNoErrorOfTheEditor) {
  initialize();
  editor(R"({"id":1,"method":"textDocument/hover"})");
  lifecycle.on_editor_ended(kClosed);
  actions();
  lifecycle.on_server_ended(kClosed, true, true);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, AServersRequestsAreNotAnswersOwed) {
  initialize();
  server(R"({"jsonrpc":"2.0","method":"workspace/configuration","params":{},"id":1})");
  editor(R"({"jsonrpc":"2.0","id":1,"result":[null]})");
  EXPECT_EQ(lifecycle.owed_answers(), 0U);
}

TEST_F(LifecycleTest, AServerLostBeforeItAnsweredIsReplacedOnce) {
  editor(R"({"id":0,"method":"initialize"})");
  lifecycle.on_server_ended(kClosed, /*answered=*/false, /*retry=*/true);
  EXPECT_EQ(actions(), (std::vector{Kind::acquire_again}));
  lifecycle.on_server_ended(kClosed, /*answered=*/false, /*retry=*/false);
  EXPECT_EQ(finished_with(), kExitNoServer);
}

TEST_F(LifecycleTest, TheNextServerOwesTheSameAnswers) {
  editor(R"({"id":0,"method":"initialize"})");
  lifecycle.on_server_ended(kClosed, /*answered=*/false, /*retry=*/true);
  actions();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(actions(), (std::vector{Kind::arm_timer})) << "its answer is waited for";
  server(R"({"result":{},"id":0})");
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

TEST_F(LifecycleTest, NoServerIsReplacedForAnEditorThatIsLeaving) {
  editor(R"({"id":0,"method":"initialize"})");
  ask_shutdown();
  actions();
  lifecycle.on_server_ended(kClosed, /*answered=*/false, /*retry=*/true);
  EXPECT_EQ(actions(),
            (std::vector{Kind::answer_editor, Kind::release_editor, Kind::discard_to_server}));

  Lifecycle closed(settings);
  show(R"({"id":0,"method":"initialize"})",
       [&](auto& view) { return closed.on_editor_frame(view); });
  closed.on_editor_ended(kClosed);
  closed.on_server_ended(kClosed, /*answered=*/false, /*retry=*/true);
  auto const all = closed.take_actions();
  EXPECT_EQ(all.back().kind, Kind::finish);
}

TEST_F(LifecycleTest, AServerLostLaterEndsTheSession) {
  initialize();
  lifecycle.on_server_ended(kCut, /*answered=*/true, /*retry=*/true);
  EXPECT_EQ(finished_with(), kExitNoServer);
}

TEST_F(LifecycleTest, AServerThatEndsAfterShutdownDoesNotEndTheSessionBeforeTheEditorsExit) {
  initialize();
  ask_shutdown();
  answer_shutdown();
  actions();
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(actions(), (std::vector{Kind::discard_to_server}));
  EXPECT_EQ(send_exit(), Verdict::drop);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, AServerThatDiesOnShutdownIsAnsweredFor) {
  initialize();
  ask_shutdown();
  actions();
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(actions(),
            (std::vector{Kind::answer_editor, Kind::release_editor, Kind::discard_to_server}));
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, ASignalEndsInOrderAndASecondOneAtOnce) {
  initialize();
  lifecycle.on_signal("Terminated");
  EXPECT_EQ(actions(), (std::vector{Kind::stop_editor, Kind::close_server_input, Kind::arm_timer}));
  lifecycle.on_signal("Terminated");
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, AnEditorThatStoppedReadingIsStillListenedToForItsExit) {
  initialize();
  lifecycle.on_editor_gone();
  EXPECT_EQ(actions(), (std::vector{Kind::discard_to_editor, Kind::arm_timer}));
  EXPECT_EQ(send_exit(), Verdict::pass);
  actions();
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitWithoutShutdown);
}

TEST_F(LifecycleTest, AnEditorThatIsGoneIsOwedNoAnswers) {
  initialize();
  editor(R"({"id":1,"method":"textDocument/hover"})");
  lifecycle.on_editor_gone();
  actions();
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(actions(), (std::vector{Kind::close_server_input, Kind::arm_timer}));
}

TEST_F(LifecycleTest, AnEditorThatIsGoneAfterItsShutdownIsNotWaitedForLong) {
  initialize();
  lifecycle.on_editor_gone();
  ask_shutdown();
  actions();
  answer_shutdown();
  EXPECT_EQ(actions(), (std::vector{Kind::release_editor, Kind::arm_timer}));
  EXPECT_EQ(last[1].timer, Timer::leave);
}

TEST_F(LifecycleTest, AnEditorThatIsGoneAndSilentIsNotWaitedForLong) {
  initialize();
  lifecycle.on_editor_gone();
  actions();
  lifecycle.on_timer(Timer::leave);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, AServerThatStopsReadingIsGivenAMomentToSayWhy) {
  initialize();
  lifecycle.on_server_deaf();
  EXPECT_EQ(actions(), (std::vector{Kind::discard_to_server, Kind::arm_timer}));
  EXPECT_EQ(last[1].timer, Timer::server_end);
  lifecycle.on_timer(Timer::server_end);
  EXPECT_EQ(finished_with(), kExitNoServer);
}

TEST_F(LifecycleTest, AnExitedServerWhoseOutputIsHeldByADescendantIsNotWaitedForForEver) {
  initialize();
  lifecycle.on_server_exited();
  EXPECT_EQ(actions(), (std::vector{Kind::arm_timer}));
  lifecycle.on_timer(Timer::server_end);
  EXPECT_EQ(finished_with(), kExitNoServer);
}

TEST_F(LifecycleTest, BadFramingOfTheServerIsNamed) {
  initialize();
  lifecycle.on_server_ended(
      {.reason = EndReason::bad_framing, .fault = framing::Fault::length_over_limit}, true, false);
  auto const all = lifecycle.take_actions();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].exit_code, kExitBadFraming);
  EXPECT_NE(all[0].text.find("over the limit"), std::string::npos) << all[0].text;
}

// --- with a replay behind it -----------------------------------------------------------------

TEST_F(LifecycleTest, AServerThatIsLostIsLeftToTheReplay) {
  initialize();
  lifecycle.on_replay(/*outlives=*/true, /*serves=*/true);
  lifecycle.on_server_exited();
  EXPECT_EQ(actions(), std::vector{Kind::arm_timer});
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(actions(), (std::vector{Kind::disarm_timer, Kind::server_lost}))
      << "the timer was for the server that is gone";
  lifecycle.on_replay(true, false);
  lifecycle.on_replay(true, true);
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(actions().back(), Kind::server_lost) << "and so is the next one";
}

TEST_F(LifecycleTest, ALossWhileTheEditorLeavesIsNotMended) {
  initialize();
  lifecycle.on_replay(true, true);
  editor(R"({"jsonrpc":"2.0","id":3,"method":"textDocument/hover"})");
  lifecycle.on_editor_ended(kClosed);
  actions();
  lifecycle.on_server_ended(kClosed, true, false);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, ShutdownIsAnsweredAtOnceWhereNoServerIsThereAndExitEndsTheSession) {
  initialize();
  lifecycle.on_replay(true, false);
  EXPECT_EQ(editor(R"({"jsonrpc":"2.0","id":7,"method":"shutdown"})"), Verdict::drop);
  EXPECT_EQ(actions().front(), Kind::answer_editor);
  EXPECT_EQ(last.front().text.substr(last.front().text.find('{')),
            R"({"jsonrpc":"2.0","id":7,"result":null})");
  EXPECT_EQ(send_exit(), Verdict::drop);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, EndOfFileWhereNoServerIsThereEndsTheSession) {
  initialize();
  editor(R"({"jsonrpc":"2.0","id":3,"method":"textDocument/hover"})");
  lifecycle.on_replay(true, false);
  lifecycle.on_editor_ended(kClosed);
  EXPECT_EQ(finished_with(), kExitOk);
}

TEST_F(LifecycleTest, AnAnswerInTheServersPlaceIsNotOwedAnyMore) {
  initialize();
  editor(R"({"jsonrpc":"2.0","id":3,"method":"textDocument/hover"})");
  EXPECT_EQ(lifecycle.owed_answers(), 1U);
  lifecycle.on_answered();
  EXPECT_EQ(lifecycle.owed_answers(), 0U);
}

}  // namespace
}  // namespace bridge::session
