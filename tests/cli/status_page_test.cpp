#include "proxy/cli/status_page.h"

#include <gtest/gtest.h>

#include <sstream>

#include "proxy/cli/status_json.h"
#include "proxy/cli/terminal_text.h"

namespace bridge::cli {
namespace {

using lease::ControlMessage;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kNow = 1'800'000'000;

ControlMessage daemon_message() {
  ControlMessage message{.verb = "daemon", .fields = {}};
  message.add("pid", 4711).add("version", "0.1.0").add("instance", "").add("began", kNow - 8000);
  message.add("started", "on demand").add("directory", "/run/user/1000/gopls-bridge");
  message.add("control", "/run/user/1000/gopls-bridge/daemon.sock");
  message.add("idle_timeout_ms", 600'000).add("memory_budget_kib", std::uint64_t{0});
  message.add("adopted", std::uint64_t{0})
      .add("refusals", std::uint64_t{0})
      .add("last_refusal", "");
  return message;
}

ControlMessage server_message() {
  ControlMessage message{.verb = "server", .fields = {}};
  message.add("server", "s1").add("key", "0123456789abcdef").add("pid", 12345);
  message.add("gopls", "/home/me/go/bin/gopls").add("version", "v0.23.0");
  message.add("go", "/usr/local/go/bin/go").add("go_version", "go1.26.8").add("env", "HOME");
  message.add("env", "PATH").add("pss_kib", 524'288).add("cpu_ms", 12'345);
  message.add("cgroup", "/user.slice").add("scope", "").add("began", kNow - 7980);
  message.add("restarts", std::uint64_t{0}).add("sessions", 3).add("state", "serving");
  message.add("log", "/run/user/1000/gopls-bridge/servers/s1.log");
  return message;
}

ControlMessage session_message() {
  ControlMessage message{.verb = "session", .fields = {}};
  message.add("pid", 2222)
      .add("editor", "Visual Studio Code 1.100.0")
      .add("folder", "/home/me/src/a");
  message.add("began", kNow - 300).add("state", "live").add("messages_in", 1234);
  message.add("messages_out", 2345).add("bytes_in", 1'300'000).add("bytes_out", 34'000'000);
  message.add("in_flight", std::uint64_t{0}).add("replays", 2).add("quiet_ms", 4000);
  message.add("server", "s1").add("seen", std::uint64_t{0});
  return message;
}

void set(ControlMessage& message, std::string_view name, std::string_view value) {
  for (auto& [have, text] : message.fields)
    if (have == name) text = value;
}

std::string page(const std::vector<ControlMessage>& messages) {
  return status_page(messages, seconds(kNow), "/home/me");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

void expect_80_columns(const std::string& text) {
  for (auto const& line : lines_of(text)) {
    EXPECT_LE(columns(line), kStatusColumns) << line;
    EXPECT_EQ(shown(line), line) << "nothing but plain text";
  }
}

TEST(StatusPage, HasTheDaemonEachGoplsAndEachSession) {
  EXPECT_EQ(page({daemon_message(), server_message(), session_message()}),
            "daemon (gopls-bridge 0.1.0), pid 4711, up 2h13m, started on demand\n"
            "        /run/user/1000/gopls-bridge\n"
            "        a gopls without sessions ends after 10m\n"
            "\n"
            "GOPLS       PID  VERSION   GO         MEMORY     CPU      UP  SESSIONS  STATE\n"
            "s1        12345  v0.23.0   go1.26.8  512 MiB     12s   2h13m         3  serving\n"
            "        ~/go/bin/gopls\n"
            "        with /usr/local/go/bin/go\n"
            "        key 0123456789abcdef\n"
            "        cgroup /user.slice\n"
            "        log /run/user/1000/gopls-bridge/servers/s1.log\n"
            "\n"
            "SESSION  GOPLS   STATE            AGE    QUIET  EDITOR\n"
            "   2222  s1      live              5m       4s  Visual Studio Code 1.100.0\n"
            "        ~/src/a\n"
            "        in 1234 (1.2 MiB), out 2345 (32 MiB), in flight 0, replays 2\n");
}

ControlMessage parked_message() {
  ControlMessage message{.verb = "parked", .fields = {}};
  message.add("session", "p2").add("server", "s1").add("editor", "Neovim 0.10.0");
  message.add("folder", "file:///home/me/src/a").add("age_ms", 180'000);
  return message.add("ends_in_ms", 420'000).add("state_bytes", 130'000).add("ready", 1);
}

TEST(StatusPage, HasWhatIsParkedAndWhenItEnds) {
  auto daemon = daemon_message();
  daemon.add("park_timeout_ms", 600'000).add("resumed", 3).add("dropped", std::uint64_t{1});
  auto busy = parked_message();
  set(busy, "session", "p3");
  set(busy, "ready", "0");
  std::erase_if(busy.fields, [](auto const& field) { return field.first == "ends_in_ms"; });
  auto const text = page({daemon, parked_message(), busy});
  EXPECT_NE(
      text.find("        3 parked sessions were taken up, 1 dropped; one is ended after 10m\n"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("\nPARKED   GOPLS     AGE    ENDS IN    STATE  EDITOR\n"
                      "     p2  s1         3m         7m  127 KiB  Neovim 0.10.0\n"
                      "        ~/src/a\n"
                      "     p3  s1         3m      never  127 KiB  Neovim 0.10.0\n"
                      "        ~/src/a\n"
                      "        gopls is at work for it: it cannot be taken up yet\n"),
            std::string::npos)
      << text;
  expect_80_columns(text);
}

TEST(StatusPage, ASessionWhoseEditorLeavesIsLeaving) {
  auto session = session_message();
  session.add("leaving", 1);
  auto const text = page({daemon_message(), session});
  EXPECT_NE(text.find("   2222  s1      leaving "), std::string::npos) << text;
}

TEST(StatusPage, OfADaemonWithNothingSaysSo) {
  EXPECT_EQ(page({daemon_message()}),
            "daemon (gopls-bridge 0.1.0), pid 4711, up 2h13m, started on demand\n"
            "        /run/user/1000/gopls-bridge\n"
            "        a gopls without sessions ends after 10m\n"
            "        no gopls, 0 sessions\n");
}

TEST(StatusPage, SaysWhatIsOutOfTheOrdinary) {
  auto daemon = daemon_message();
  set(daemon, "instance", "big");
  set(daemon, "idle_timeout_ms", "0");
  set(daemon, "memory_budget_kib", "2097152");
  set(daemon, "adopted", "2");
  set(daemon, "refusals", "1");
  set(daemon, "last_refusal", "another mount namespace");
  auto server = server_message();
  set(server, "state", "idle");
  set(server, "sessions", "0");
  set(server, "scope", "gopls-bridge-s1.scope");
  set(server, "restarts", "1");
  server.add("ends_in_ms", 240'000).add("adopted", 1);
  auto session = session_message();
  session.add("no_answer", 1);
  set(session, "seen", "7");
  auto const text = page({daemon, server, session});
  for (auto const* part :
       {"daemon big (gopls-bridge", "a gopls without sessions stays; all may use 2.0 GiB\n",
        "2 gopls taken over from another daemon", "1 session refused, the last: another mount",
        "ends in 4m\n", "key 0123456789abcdef, 1 restart, taken over\n",
        "scope gopls-bridge-s1.scope", "does not answer; this is from 7s ago"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  expect_80_columns(text);
}

TEST(StatusPage, ThePrivateSessionsReasonIsThereInFull) {
  auto session = session_message();
  set(session, "state", "private");
  set(session, "server", "");
  std::string const reason =
      "no daemon came up within 1s (/run/user/1000/gopls-bridge is not ours: it belongs to uid "
      "1000), so this window has a gopls of its own until the editor is started again";
  session.add("server_pid", 99).add("reason", reason);
  auto const text = page({daemon_message(), session});
  std::string joined;
  for (auto const& line : lines_of(text))
    joined += line.substr(std::min<std::size_t>(13, line.size())) + ' ';
  EXPECT_NE(joined.find(reason), std::string::npos) << text;
  EXPECT_NE(text.find("   2222  99      private "), std::string::npos) << text;
  expect_80_columns(text);
}

TEST(StatusPage, StrangeTextBreaksNeitherTheTerminalNorThe80Columns) {
  std::string const strange[] = {
      "\x1b[31mred\x1b]0;title\x07",
      "日本語エディタ日本語エディタ日本語エディタ日本語エディタ日本語エディタ",
      std::string(500, 'x'),
      "line\nline\rline\tline",
      "\u202eright to left",
      "e\u0301\u0301\u0301\u0301\u0301",
      "\xff\xfe\xfd",
      repeated("\U0001F469\u200d\U0001F467", 9),
      std::string(300, ' '),
      ""};
  for (auto const& text : strange) {
    std::vector<ControlMessage> messages{daemon_message(), server_message(), session_message()};
    messages.back().add("reason", text);
    for (auto& message : messages)
      for (auto& [name, value] : message.fields) value = text;
    expect_80_columns(page(messages));
  }
}

TEST(StatusPage, WhatIsMissingIsADash) {
  auto const text = page({{.verb = "daemon", .fields = {}},
                          {.verb = "server", .fields = {}},
                          {.verb = "session", .fields = {}},
                          {.verb = "of-tomorrow", .fields = {}}});
  expect_80_columns(text);
  EXPECT_NE(text.find("pid -, up -"), std::string::npos) << text;
}

TEST(StatusPage, TimesAndSizesAreShort) {
  EXPECT_EQ(short_duration(milliseconds(0)), "0s");
  EXPECT_EQ(short_duration(milliseconds(7)), "7ms");
  EXPECT_EQ(short_duration(milliseconds(59'999)), "59s");
  EXPECT_EQ(short_duration(seconds(60)), "1m");
  EXPECT_EQ(short_duration(seconds(3600)), "1h");
  EXPECT_EQ(short_duration(seconds(8000)), "2h13m");
  EXPECT_EQ(short_duration(seconds(90'000)), "1d1h");
  EXPECT_EQ(short_duration(seconds(86'400 * 400)), "400d");
  EXPECT_EQ(short_duration(milliseconds(-5)), "0s");
  EXPECT_EQ(short_size(0), "0 B");
  EXPECT_EQ(short_size(999), "999 B");
  EXPECT_EQ(short_size(1000), "1.0 KiB");
  EXPECT_EQ(short_size(524'288 * 1024ULL), "512 MiB");
  EXPECT_EQ(short_size(1'040'187'392), "992 MiB");
}

TEST(StatusJson, HasTheFieldsByTheirNamesAndTypes) {
  DaemonAnswer answer;
  answer.kind = DaemonAnswer::Kind::answered;
  auto session = session_message();
  session.add("folder", "/\xff");
  answer.messages = {daemon_message(), server_message(), session};
  auto const text = status_json(answer);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  for (auto const* part :
       {R"("running":true)", R"("pid":4711)", R"("version":"0.1.0")", R"("env":["HOME","PATH"])",
        R"("key":"0123456789abcdef")", R"("pss_kib":524288)", R"("server":"s1")",
        R"("folder":["/home/me/src/a","/)", R"("control":["/run/user)"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

// A key of digits only stays a text.
TEST(StatusJson, TextThatLooksLikeANumberStaysText) {
  DaemonAnswer answer;
  answer.kind = DaemonAnswer::Kind::answered;
  auto server = server_message();
  set(server, "key", "0123456789012345");
  answer.messages = {server};
  EXPECT_NE(status_json(answer).find(R"("key":"0123456789012345")"), std::string::npos);
}

TEST(StatusJson, WithoutADaemonSaysSo) {
  DaemonAnswer answer;
  answer.directory = "/run/x";
  EXPECT_EQ(
      status_json(answer),
      R"({"running":false,"directory":"/run/x","systemd_waits":false,"servers":[],"sessions":[],"parked":[]})"
      "\n");
}

}  // namespace
}  // namespace bridge::cli
