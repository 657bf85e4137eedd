// Park requests that mean no good, or have lost their way.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/lease/state_file.h"
#include "tests/broker/parking_fixture.h"

namespace bridge::broker {
namespace {

using kernel::UniqueFd;

struct ParkGuards : ParkedSessions {
  static UniqueFd good_state() { return lease::make_state_file(session::serialise({})); }
  static std::pair<UniqueFd, UniqueFd> socket_pair(int type) {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
  }
  // Fails the test where such a park is taken.
  void expect_refused(const char* what, int connection, int state) {
    auto one = begun({.parker = "7:7", .fingerprint = std::string("g ") + what});
    int const its = connection == kIts ? one->server().fd() : connection;
    auto const got = one->park(its, state);
    EXPECT_EQ(got.verb, "refused") << what;
    EXPECT_NE(got.get("reason"), "") << what;
    // The lease is over, and the connection to the daemon is not.
    one->begin(program, {.parker = "8:8", .fingerprint = std::string("h ") + what});
    EXPECT_EQ(one->server().request("fake/echo", 1)["result"], 1) << what;
  }
  static constexpr int kIts = -2;
};

TEST_F(ParkGuards, WhatIsNoConnectionToThatGoplsOrNoStateIsRefused) {
  start_daemon();
  leave_parked();
  auto const state = good_state();
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto const stream = socket_pair(SOCK_STREAM);
  auto const packets = socket_pair(SOCK_SEQPACKET);
  UniqueFd const internet(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const control_socket = lease::connect_control(control);
  expect_refused("nothing", -1, -1);
  expect_refused("a connection alone", kIts, -1);
  expect_refused("no socket", null.get(), state.get());
  expect_refused("a socket of our own", stream.first.get(), state.get());
  expect_refused("packets", packets.first.get(), state.get());
  expect_refused("one of the internet", internet.get(), state.get());
  expect_refused("the daemon's own", control_socket.socket.get(), state.get());
  expect_refused("the two the other way round", state.get(), stream.first.get());

  expect_refused("a state that is no file", kIts, null.get());
  directory.write("state", session::serialise({}));
  UniqueFd const file(::open((directory / "state").c_str(), O_RDWR | O_CLOEXEC));
  expect_refused("a state on a disk", kIts, file.get());
  UniqueFd const unsealed(::memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_TRUE(lease::write_state(unsealed.get(), 0, session::serialise({})));
  expect_refused("a state that can shrink", kIts, unsealed.get());
  UniqueFd const empty(::memfd_create("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::fcntl(empty.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  expect_refused("an empty state", kIts, empty.get());
  UniqueFd const huge(::memfd_create("huge", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::ftruncate(huge.get(), static_cast<off_t>(lease::kStateBytesMax) + 1), 0);
  ASSERT_EQ(::fcntl(huge.get(), F_ADD_SEALS, F_SEAL_SHRINK), 0);
  expect_refused("a state that is too large", kIts, huge.get());
  auto const garbage = lease::make_state_file(std::string(5000, 'x'));
  expect_refused("garbage", kIts, garbage.get());
  auto text = session::serialise({});
  text.resize(40);  // in the part that the daemon reads; the rest is the next front's business
  auto const cut = lease::make_state_file(text);
  expect_refused("a state that is cut", kIts, cut.get());

  // What was there before is untouched.
  auto const other = begun({.parker = "2:2"});
  ASSERT_TRUE(other->resumed());
  EXPECT_TRUE(has_its_document(*other));
}

TEST_F(ParkGuards, WhoHasNoLeaseOrNoneThatMayBeParkedIsRefused) {
  start_daemon();
  auto one = begun({});
  auto const state = good_state();
  EXPECT_EQ(front()->park(one->server().fd(), state.get()).verb, "refused");
  auto plain = begun({.parker = ""});
  EXPECT_EQ(plain->park().verb, "refused");
  EXPECT_EQ(one->park().verb, "parked");
  EXPECT_EQ(one->park(-1, -1).verb, "refused") << "once";
  EXPECT_EQ(parked(), 1U);
}

TEST_F(ParkGuards, ARetiredGoplsKeepsNothing) {
  start_daemon();
  auto one = begun({});
  ControlClient const client(control);
  client.send({.verb = "restart-server", .fields = {}});
  EXPECT_EQ(client.read().message.verb, "done");
  EXPECT_EQ(one->park().verb, "refused");
}

TEST_F(ParkGuards, DescriptorsAreBackToWhereTheyWere) {
  start_daemon();
  auto const neighbour = begun({.parker = "9:9", .fingerprint = "neighbour"});
  auto const state = good_state();
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  auto one = front();
  one->say("status");  // known to the daemon from here on
  // Each editor is another one, or it would be a restart.
  int parkers = 0;
  auto const parker = [&parkers] { return std::to_string(++parkers) + ":1"; };
  auto const round = [&] {
    one->begin(program, {.parker = parker(), .resume = false});
    EXPECT_EQ(one->park().verb, "parked");
    one->begin(program, {.parker = parker()});
    EXPECT_TRUE(one->resumed());
    EXPECT_EQ(one->park(null.get(), state.get()).verb, "refused");
    EXPECT_FALSE(lease::send_control(one->control().fd(), {.verb = "leaving", .fields = {}},
                                     null.get(), state.get()));
  };
  round();
  wait_for_parked(0);
  auto const before = daemon_descriptors();
  for (int number = 0; number < 20; ++number) round();
  wait_for_parked(0);
  // The connection of this look itself may still be there, as it may have been before.
  EXPECT_LE(daemon_descriptors(), before + 1);
}

TEST_F(ParkGuards, OneThatFloodsWithParksStopsNobody) {
  start_daemon();
  auto const neighbour = begun({.parker = "9:9", .fingerprint = "neighbour"});
  ControlClient const client(control);
  auto const state = good_state();
  UniqueFd const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int number = 0; number < 5000; ++number) {
    auto const error =
        lease::send_control(client.fd(), {.verb = "park", .fields = {}}, null.get(), state.get());
    if (error && number % 200 == 0) {
      EXPECT_EQ(neighbour->server().request("fake/echo", number)["result"], number);
    }
  }
  leave_parked();
  EXPECT_TRUE(begun({.parker = "2:2"})->resumed());
}

// Its answers are the daemon's to keep, and that has an end.
TEST_F(ParkGuards, AGoplsThatAsksAndDoesNotReadIsLeft) {
  start_daemon();
  write_program("--stall-when\nfake/stall");
  auto one = begun({.key = "stalls"});
  constexpr int kQuestions = 40'000;
  std::string const ask = rigs::frame(
      R"({"jsonrpc":"2.0","method":"fake/send","params":{"jsonrpc":"2.0","id":"r123456","method":)"
      R"("window/workDoneProgress/create","params":{"token":"t"}}})");
  std::string all;
  for (int number = 0; number < kQuestions; ++number) all += ask;
  all += rigs::frame(R"({"jsonrpc":"2.0","method":"fake/stall"})");
  // What it says meanwhile is read and dropped.
  for (std::string_view rest = all; !rest.empty();) {
    rest.remove_prefix(one->server().send_some(rest));
    if (rest.size() < all.size() / 2) break;
  }
  EXPECT_EQ(one->park().verb, "parked");
  wait_for_parked(0);
  EXPECT_EQ(begun({.parker = "2:2", .key = "other"})->server().request("fake/echo", 1)["result"],
            1);
}

// What is parked may say whatever it wants: it is dropped, and the daemon lives.
TEST_F(ParkGuards, AGoplsThatSpeaksNoLspIsLeft) {
  start_daemon();
  write_program("--print-garbage");
  auto one = front();
  one->ask(program, {.key = "garbage"});
  ASSERT_EQ(one->answer().verb, "granted");
  one->server().send_frame(R"({"jsonrpc":"2.0","id":1,"method":"fake/echo","params":1})");
  one->state.drain.owed = {"1"};
  EXPECT_EQ(one->park().verb, "parked");
  wait_for_parked(0);
}

}  // namespace
}  // namespace bridge::broker
