// Clients that mean no good, or have lost their way: they end themselves, and a neighbour who
// shares their gopls does not notice.
#include <fcntl.h>
#include <sys/socket.h>

#include <filesystem>

#include "proxy/exit_codes.h"
#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

struct Guards : Broker {
  std::unique_ptr<Editor> neighbour, other;
  pid_t server = 0;

  void TearDown() override {
    neighbour.reset();
    other.reset();
    Broker::TearDown();
  }
  void begin(const std::string& options = {}) {
    write_program(options);
    neighbour = open_editor();
    other = open_editor();
    server = server_of(*neighbour);
    ASSERT_EQ(server_of(*other), server) << other->child.errors();
  }
  void expect_neighbour() {
    expect_hover(*neighbour);
    EXPECT_EQ(server_of(*neighbour), server);
  }
};

TEST_F(Guards, NoSpellingOfExitReachesASharedServer) {
  auto const record = directory / "record";
  begin("--record\n" + record);
  std::string const far(400, 'x');
  for (std::string const& body : std::vector<std::string>{
           R"({"jsonrpc":"2.0","method":"exit"})",
           R"({"jsonrpc":"2.0","params":{"text":")" + far + R"("},"method":"exit"})",
           R"({"jsonrpc":"2.0","Method":"exit"})",
           R"({"jsonrpc":"2.0","method":"initialized","params":{"text":")" + far +
               R"("},"method":"exit"})",
           R"({"jsonrpc":"2.0","method":"\u0065xit"})", R"({"jsonrpc":"2.0","m\u0065thod":"exit"})",
           R"({"jsonrpc":"2.0","params":{"method":"initialized"},"METHOD":"ex\u0069t"})",
           R"({"jsonrpc":"2.0","id":5,"method":"exit"})"}) {
    other = open_editor();
    std::string const frame = rigs::frame(body);
    for (char const& byte : frame) other->child.send(std::string_view(&byte, 1));
    EXPECT_EQ(other->child.wait_exit(), (ExitStatus{1, 0})) << body;
    expect_neighbour();
  }
  other = open_editor();
  quit(other);
  auto const bytes = rigs::read_file(record);
  EXPECT_EQ(bytes.find("xit\""), std::string::npos);
  EXPECT_EQ(bytes.find("\"ex\\u"), std::string::npos);
  expect_neighbour();
}

TEST_F(Guards, ABareExitBeforeInitializeEndsNobodyElse) {
  begin();
  auto hasty = start();
  hasty->client.notify("exit", nullptr);
  EXPECT_EQ(hasty->child.wait_exit(), (ExitStatus{1, 0}));
  expect_neighbour();
}

TEST_F(Guards, GarbageEndsOnlyWhoSentIt) {
  begin();
  other->child.send("GET / HTTP/1.1\r\n\r\n\xff\xfe garbage");
  EXPECT_EQ(other->child.wait_exit().code, kExitBadFraming);
  expect_neighbour();
}

TEST_F(Guards, AnAnnouncementOfTwoGigabytesEndsOnlyWhoSentIt) {
  begin();
  other->child.send("Content-Length: 2000000000\r\n\r\n{\"jsonrpc\":\"2.0\",");
  EXPECT_EQ(other->child.wait_exit().code, kExitBadFraming);
  expect_neighbour();
}

TEST_F(Guards, BodiesThatAreNoMessagesEndOnlyWhoSentThem) {
  // What ends the real gopls' session: the scripted one is not that strict, and must not be asked.
  begin("--panic-at\nPOISON");
  for (auto const* const body : {"[]", "null", "{}", "7"}) {
    other->child.send_frame(body);
    expect_neighbour();
  }
}

TEST_F(Guards, OneThatNeverReadsStopsNobody) {
  begin();
  other->client.send_request("fake/flood", {{"count", 2000}, {"bytes", 100'000}});
  for (int number = 0; number < 20; ++number) expect_neighbour();
}

TEST_F(Guards, OneThatFloodsStopsNobody) {
  begin();
  std::string requests;
  for (int number = 0; number < 20'000; ++number)
    requests += rigs::frame(R"({"jsonrpc":"2.0","id":)" + std::to_string(1000 + number) +
                            R"(,"method":"fake/echo","params":{}})");
  std::string_view rest = requests;
  for (int number = 0; number < 50; ++number) {
    rest.remove_prefix(other->child.send_some(rest));
    expect_neighbour();
  }
}

TEST_F(Guards, OnesThatVanishAnywhereStopNobody) {
  begin();
  auto const half = rigs::frame(R"({"jsonrpc":"2.0","id":9,"method":"fake/echo","params":{}})");
  for (std::size_t const cut : {std::size_t{0}, std::size_t{5}, half.size() / 2, half.size() - 1}) {
    other = open_editor();
    other->child.send(half.substr(0, cut));
    other->child.kill(SIGKILL);
    other->child.wait_exit();
    expect_neighbour();
  }
  wait_for_status("one session", [](auto const& it) { return it.count() == 1; });
}

// --- the control socket --------------------------------------------------------------------------

struct ControlGuards : Guards {
  void expect_daemon() {
    EXPECT_EQ(status().count(), 2U);
    other = open_editor();
    EXPECT_EQ(server_of(*other), server);
    expect_neighbour();
  }
};

TEST_F(ControlGuards, UnknownVerbsAndDatagramsThatAreNoneAreAnswered) {
  begin();
  ControlClient const client(control);
  client.send({.verb = "from-tomorrow", .fields = {{"key", "k"}}});
  EXPECT_EQ(client.read().message.verb, "unknown");
  auto const say = [&client](std::string_view bytes) {
    ASSERT_EQ(::send(client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(client.read().message.verb, "bad") << bytes;
  };
  say("garbage");
  say("gopls-bridge/2 status");
  say("gopls-bridge/1 status");  // cut
  say(std::string(lease::kControlMessageBytesMax + 10, 'x'));
  client.send({.verb = "status", .fields = {{"unknown-name", "1"}}});
  EXPECT_EQ(client.read().message.verb, "daemon") << "the connection goes on";
  expect_daemon();
}

TEST_F(ControlGuards, LeasesThatCannotBeAreRefusedWithAReason) {
  begin();
  ControlClient const client(control);
  auto const refusal = [&client](std::vector<std::pair<std::string, std::string>> fields) {
    fields.emplace_back("request", "7");
    client.send({.verb = "lease", .fields = std::move(fields)});
    auto const answer = client.read().message;
    EXPECT_EQ(answer.verb, "refused");
    EXPECT_EQ(answer.number("request"), 7U);
    EXPECT_NE(answer.get("reason"), "");
    return std::string(answer.get("reason"));
  };
  refusal({});
  refusal({{"key", "k"}});
  refusal({{"key", "k"}, {"program", "gopls"}});
  EXPECT_NE(refusal({{"key", "k"}, {"program", "/nonexistent/gopls"}}).find("/nonexistent/gopls"),
            std::string::npos);
  refusal({{"key", "l"}, {"program", "/bin/false"}});
  EXPECT_EQ(servers(), std::vector<pid_t>{server});
  expect_daemon();
}

TEST_F(ControlGuards, OneThatFloodsWithoutReadingStopsNobody) {
  begin();
  ControlClient const client(control);
  for (int number = 0; number < 20'000; ++number)
    if (lease::send_control(client.fd(), {.verb = "status", .fields = {}}) && number % 200 == 0)
      expect_neighbour();
  expect_daemon();
}

TEST_F(ControlGuards, ManyHalfOpenConnectionsStopNobody) {
  begin();
  std::vector<ControlClient> silent;
  silent.reserve(500);
  for (int number = 0; number < 500; ++number) silent.emplace_back(control);
  expect_daemon();
  silent.clear();
  expect_daemon();
}

TEST_F(ControlGuards, DescriptorsThatComeAlongAreNotKept) {
  begin();
  kernel::UniqueFd const null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto const open_in_daemon = [&] {
    auto const path = "/proc/" + std::to_string(daemon_pid()) + "/fd";
    return std::distance(std::filesystem::directory_iterator(path), {});
  };
  ControlClient const client(control);
  client.send({.verb = "nothing", .fields = {}});
  EXPECT_EQ(client.read().message.verb, "unknown");
  auto const before = open_in_daemon();
  for (int number = 0; number < 50; ++number) {
    EXPECT_FALSE(lease::send_control(client.fd(), {.verb = "nothing", .fields = {}}, null.get()));
    client.read();
  }
  // It has others that come and go: a connection that ends, a file that it reads.
  EXPECT_LT(open_in_daemon(), before + 25);
  expect_daemon();
}

}  // namespace
}  // namespace bridge::broker
