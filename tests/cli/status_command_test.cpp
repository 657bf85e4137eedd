// `gopls-bridge status`, `restart-server` and `logs` as a user runs them, before a stand-in for the
// daemon and before none.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "proxy/cli/terminal_text.h"
#include "proxy/exit_codes.h"
#include "tests/cli/bridge_home.h"
#include "tests/cli/fake_daemon.h"

namespace bridge::tests {
namespace {

using lease::ControlMessage;

ControlMessage message(std::string verb) { return {.verb = std::move(verb), .fields = {}}; }

ControlMessage about_daemon() {
  auto daemon = message("daemon");
  daemon.add("pid", 1).add("version", "0.1.0").add("started", "by hand");
  return daemon;
}

class DaemonCommand : public testing::Test {
 protected:
  DaemonCommand() {
    runtime_ = home_ / "run";
    ::mkdir(runtime_.c_str(), 0700);
    home_.set("XDG_RUNTIME_DIR", runtime_);
    home_.set("GOPLS_BRIDGE_SHARE", "true");
  }

  void start(std::vector<std::string> args) {
    args.insert(args.begin(), BRIDGE_BINARY);
    child_.emplace(rigs::ChildSettings{.argv = std::move(args), .env = home_.environment()});
  }
  RunResult result() {
    RunResult result;
    result.output = child_->read_to_end();
    result.status = child_->wait_exit();
    result.errors = child_->errors();
    return result;
  }
  // A command that asks this once, and is answered so.
  RunResult run(std::vector<std::string> args, const ControlMessage& question,
                const std::vector<ControlMessage>& answer) {
    FakeDaemon daemon(runtime_, "daemon.sock");
    start(std::move(args));
    EXPECT_EQ(daemon.question(), question);
    daemon.answer(answer);
    return result();
  }

  BridgeHome home_;
  std::string runtime_;
  std::optional<rigs::StdioChild> child_;
};

TEST_F(DaemonCommand, StatusOfNoDaemonIsAnAnswer) {
  auto const run = home_.bridge({"status"});
  EXPECT_EQ(run.status, (rigs::ExitStatus{kExitOk, 0}));
  EXPECT_EQ(run.output,
            "no daemon runs in " + runtime_ + "/gopls-bridge\nthe next session starts one\n");
  EXPECT_EQ(run.errors, "");
  EXPECT_EQ(home_.bridge({"status", "--json"}).output.find(R"({"running":false,)"), 0u);
}

TEST_F(DaemonCommand, StatusSaysWhyThereWillBeNoDaemon) {
  EXPECT_NE(
      home_.bridge({"status", "--private"}).output.find("sharing is switched off (--private)"),
      std::string::npos);
  EXPECT_NE(home_.bridge({"status", "--start-daemon=false"})
                .output.find("start_daemon is off (--start-daemon)"),
            std::string::npos);
}

TEST_F(DaemonCommand, StatusShowsWhatTheDaemonSays) {
  auto server = message("server");
  server.add("server", "s1").add("pid", 42).add("state", "serving");
  auto session = message("session");
  session.add("pid", 43).add("editor", "Neovim").add("state", "live").add("server", "s1");
  auto const run =
      this->run({"status"}, message("status"), {about_daemon(), server, session, message("end")});
  EXPECT_EQ(run.status.code, kExitOk) << run.errors;
  EXPECT_EQ(run.output.find("daemon (gopls-bridge 0.1.0), pid 1,"), 0u) << run.output;
  EXPECT_NE(run.output.find("\ns1           42 "), std::string::npos) << run.output;
  EXPECT_NE(run.output.find("     43  s1      live "), std::string::npos) << run.output;
}

// More than a socket's buffer holds.
TEST_F(DaemonCommand, StatusTakesAThousandSessions) {
  std::vector<ControlMessage> answer{about_daemon()};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    answer.push_back(message("session"));
    answer.back().add("pid", 10'000 + i).add("editor", "editor \x1b[2J日本").add("state", "live");
    answer.back().add("folder", "/home/" + std::string(200, 'x') + std::to_string(i));
  }
  answer.push_back(message("end"));
  auto const run = this->run({"status"}, message("status"), answer);
  EXPECT_EQ(run.status.code, kExitOk) << run.errors;
  EXPECT_NE(run.output.find("x999\n"), std::string::npos);
  EXPECT_EQ(run.output.find('\x1b'), std::string::npos);
  std::istringstream lines(run.output);
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(cli::columns(line), 80u) << line;
    if (line.find("editor ?[2J日本") != std::string::npos) ++rows;
  }
  EXPECT_EQ(rows, 1000u);
}

TEST_F(DaemonCommand, StatusNeverConnectsToASocketThatOnlySystemdHolds) {
  std::optional<FakeDaemon> systemd(std::in_place, runtime_, "control.sock");
  std::filesystem::remove(systemd->directory() + "/daemon.lock");  // no daemon has it
  auto const run = home_.bridge({"status"});
  EXPECT_EQ(run.status.code, kExitOk);
  EXPECT_NE(run.output.find("systemd starts one for the next session"), std::string::npos);
  EXPECT_FALSE(systemd->has_connection_waiting());
}

TEST_F(DaemonCommand, StatusAsksADaemonAtSystemdsSocket) {
  FakeDaemon daemon(runtime_, "control.sock");
  start({"status"});
  EXPECT_EQ(daemon.question().verb, "status");
  daemon.answer({about_daemon(), message("end")});
  EXPECT_EQ(result().status.code, kExitOk);
}

TEST_F(DaemonCommand, StatusOfADaemonThatHangsUpSaysSo) {
  FakeDaemon daemon(runtime_, "daemon.sock");
  start({"status"});
  EXPECT_EQ(daemon.question().verb, "status");
  daemon.answer({about_daemon()});
  daemon.hang_up();
  auto const run = result();
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_EQ(run.output, "a daemon runs in " + runtime_ + "/gopls-bridge, but it hung up\n");
}

TEST_F(DaemonCommand, HalfAnAnswerIsNone) {
  FakeDaemon daemon(runtime_, "daemon.sock");
  start({"status", "--json"});
  EXPECT_EQ(daemon.question().verb, "status");
  daemon.answer({about_daemon(), message("server")});
  daemon.hang_up();
  auto const run = result();
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_EQ(run.output, R"({"running":true,"directory":")" + runtime_ +
                            R"(/gopls-bridge","problem":"it hung up","systemd_waits":false,)"
                            R"("servers":[],"sessions":[],"parked":[]})"
                            "\n");
}

TEST_F(DaemonCommand, StatusOfADaemonOfAnotherVersionSaysSo) {
  auto const run = this->run({"status"}, message("status"), {message("unknown")});
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_NE(run.output.find("it is of another version"), std::string::npos) << run.output;
}

TEST_F(DaemonCommand, StatusOfAnInstanceAsksItsDaemon) {
  std::filesystem::create_directory(runtime_ + "/gopls-bridge");
  std::filesystem::permissions(runtime_ + "/gopls-bridge", std::filesystem::perms::owner_all);
  auto const run = home_.bridge({"status", "--instance=big"});
  EXPECT_NE(run.output.find("no daemon runs in " + runtime_ + "/gopls-bridge/big\n"),
            std::string::npos)
      << run.output;
}

TEST_F(DaemonCommand, AWatchOutlivesTheDaemonAndSeesTheNext) {
  std::optional<FakeDaemon> daemon(std::in_place, runtime_, "daemon.sock");
  start({"status", "--watch", "--json"});
  auto const serve = [&] {
    EXPECT_EQ(daemon->question(), message("status"));
    daemon->answer({about_daemon(), message("end")});
  };
  serve();
  serve();
  daemon.reset();
  // Between two daemons it goes on asking; the next one hears of it.
  daemon.emplace(runtime_, "daemon.sock");
  serve();
  child_->kill(SIGINT);
  auto const run = result();
  EXPECT_EQ(run.status.signal, SIGINT);
  EXPECT_EQ(run.output.find(R"({"running":true,)"), 0u) << run.output;
}

TEST_F(DaemonCommand, RestartServerNamesTheServerAndSaysHowManySessionsWereTold) {
  auto question = message("restart-server");
  auto done = message("done");
  done.add("sessions", 2);
  auto const all = run({"restart-server"}, question, {done});
  EXPECT_EQ(all.output, "2 sessions take another gopls at the next pause\n");
  question.add("server", "s3");
  done.fields.front().second = "1";
  auto const one = run({"restart-server", "s3"}, question, {done});
  EXPECT_EQ(one.output, "1 session takes another gopls at the next pause\n");
  EXPECT_EQ(one.status.code, kExitOk);
}

TEST_F(DaemonCommand, DropNamesTheParkedSessionAndSaysHowManyWereEnded) {
  auto question = message("drop");
  auto done = message("done");
  done.add("sessions", 2);
  EXPECT_EQ(run({"drop"}, question, {done}).output, "2 parked sessions were ended\n");
  question.add("session", "p3");
  done.fields.front().second = "1";
  auto const one = run({"drop", "p3"}, question, {done});
  EXPECT_EQ(one.output, "1 parked session was ended\n");
  EXPECT_EQ(one.status.code, kExitOk);
  done.fields.front().second = "0";
  auto const none = run({"drop", "p3"}, question, {done});
  EXPECT_EQ(none.status.code, kExitUsage);
  EXPECT_EQ(none.errors, "gopls-bridge: no session is parked as p3 (see gopls-bridge status)\n");
}

TEST_F(DaemonCommand, DropWithoutADaemonHasNothingToDo) {
  auto const run = home_.bridge({"drop"});
  EXPECT_EQ(run.status.code, kExitOk);
  EXPECT_EQ(run.output, "0 parked sessions were ended\n");
}

TEST_F(DaemonCommand, RestartServerWithoutADaemonIsAFault) {
  auto const run = home_.bridge({"restart-server"});
  EXPECT_EQ(run.status.code, kExitNoServer);
  EXPECT_EQ(run.errors, "gopls-bridge: no daemon runs: nothing is shared\n");
}

TEST_F(DaemonCommand, LogsShowTheFileOfADaemonThatSystemdDoesNotRun) {
  home_.write("home/.local/state/gopls-bridge/daemon.jsonl", "{\"level\":\"info\"}\n");
  home_.write("home/.local/state/gopls-bridge/daemon-big.jsonl", "{\"level\":\"warn\"}\n");
  EXPECT_EQ(home_.bridge({"logs"}).output, "{\"level\":\"info\"}\n");
  EXPECT_EQ(home_.bridge({"logs", "--instance=big"}).output, "{\"level\":\"warn\"}\n");
}

TEST_F(DaemonCommand, LogsShowTheEndOfALongFileFromTheBeginningOfALine) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + " with some more words\n";
  home_.write("home/.local/state/gopls-bridge/daemon.jsonl", text);
  auto const run = home_.bridge({"logs"});
  EXPECT_LE(run.output.size(), 64u * 1024);
  EXPECT_GT(run.output.size(), 60u * 1024);
  EXPECT_TRUE(run.output.starts_with("line ")) << run.output.substr(0, 40);
  EXPECT_TRUE(run.output.ends_with("line 4999 with some more words\n"));
}

TEST_F(DaemonCommand, LogsFollowAFileThatIsMovedAsideAndMadeAnew) {
  auto const file = home_.write("home/.local/state/gopls-bridge/daemon.jsonl", "one\n");
  start({"logs", "--follow"});
  auto const wait_for = [&](std::string_view text) { child_->wait_for_output_text(text); };
  wait_for("one\n");
  std::ofstream(file, std::ios::app) << "two\n";
  wait_for("two\n");
  std::filesystem::rename(file, file + ".1");
  std::ofstream(file + ".1", std::ios::app) << "three\n";
  std::ofstream(file, std::ios::app) << "four\n";
  wait_for("four\n");
  child_->kill(SIGINT);
  EXPECT_EQ(result().output, "one\ntwo\nthree\nfour\n");
}

TEST_F(DaemonCommand, LogsOfAServerAreWhereTheDaemonSays) {
  auto const file = home_.write("elsewhere", "panic: boom\n");
  auto server = message("server");
  server.add("server", "s2").add("log", file);
  auto const run = this->run({"logs", "--server", "s2"}, message("status"),
                             {about_daemon(), server, message("end")});
  EXPECT_EQ(run.output, "panic: boom\n");
  EXPECT_EQ(run.status.code, kExitOk);
}

// Its daemon is gone as well.
TEST_F(DaemonCommand, LogsOfAServerThatHasEndedAreFoundByItsName) {
  std::filesystem::create_directories(runtime_ + "/gopls-bridge/servers");
  std::filesystem::permissions(runtime_ + "/gopls-bridge", std::filesystem::perms::owner_all);
  std::ofstream(runtime_ + "/gopls-bridge/servers/s9.log") << "last words\n";
  EXPECT_EQ(home_.bridge({"logs", "--server=s9"}).output, "last words\n");
  auto const none = home_.bridge({"logs", "--server=s8"});
  EXPECT_EQ(none.status.code, kExitNoServer);
  EXPECT_NE(none.errors.find("cannot read "), std::string::npos);
  EXPECT_EQ(home_.bridge({"logs", "--server=../../x"}).status.code, kExitUsage);
}

TEST_F(DaemonCommand, WordsThatAreTooManyAreUsageErrors) {
  EXPECT_EQ(home_.bridge({"status", "s1"}).status.code, kExitUsage);
  EXPECT_EQ(home_.bridge({"logs", "s1"}).status.code, kExitUsage);
  EXPECT_EQ(home_.bridge({"restart-server", "s1", "s2"}).status.code, kExitUsage);
  EXPECT_EQ(home_.bridge({"drop", "p1", "p2"}).status.code, kExitUsage);
  EXPECT_EQ(home_.bridge({"daemon", "s1"}).status.code, kExitUsage);
  EXPECT_EQ(home_.bridge({"daemon", "--ready-fd=x"}).status.code, kExitUsage);
}

}  // namespace
}  // namespace bridge::tests
