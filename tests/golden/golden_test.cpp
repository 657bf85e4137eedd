// Replays each transcript of this folder through the real binary in front of fake_server: the
// editor must get exactly what is written there, and the server exactly what the editor sent.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "tests/e2e/real_servers.h"
#include "tests/golden/transcript.h"

namespace bridge::golden {
namespace {

using rigs::ExitStatus;
using rigs::StdioChild;
using rigs::StdioKind;

std::vector<std::string> transcript_files() {
  std::vector<std::string> files;
  for (auto const& entry : std::filesystem::directory_iterator(BRIDGE_SOURCE_DIR "/tests/golden"))
    if (entry.path().extension() == ".txt" && entry.path().stem() != "CMakeLists")
      files.push_back(entry.path().stem().string());
  std::sort(files.begin(), files.end());
  return files;
}

class Golden : public testing::TestWithParam<std::tuple<std::string, StdioKind>> {};

// The server that listens, where the transcript says `--connect SOCKET`.
void start_listening(std::optional<StdioChild>& server, const std::string& socket,
                     std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {e2e::server_path(e2e::kFake), "--listen-unix", socket});
  server.emplace(rigs::ChildSettings{.argv = arguments});
  while (::access(socket.c_str(), F_OK) != 0)
    ASSERT_FALSE(server->process().wait_ended(std::chrono::milliseconds(1))) << "it has ended";
}

TEST_P(Golden, IsReplayed) {
  auto const& [name, stdio] = GetParam();
  auto transcript =
      parse_transcript(rigs::read_file(BRIDGE_SOURCE_DIR "/tests/golden/" + name + ".txt"));
  rigs::TempDir const directory;
  auto const record = directory / "to_server";
  transcript.server_arguments.insert(transcript.server_arguments.end(), {"--record", record});

  std::optional<StdioChild> listening;
  auto const socket = std::find(transcript.arguments.begin(), transcript.arguments.end(), "SOCKET");
  auto settings = e2e::bridge_before(e2e::kFake, stdio);
  if (socket != transcript.arguments.end()) {
    *socket = directory / "socket";
    start_listening(listening, *socket, transcript.server_arguments);
    settings.argv.resize(1);  // no --gopls
  } else {
    std::string lines;
    for (auto const& argument : transcript.server_arguments) lines += argument + "\n";
    settings.env = e2e::bridge_env({"FAKE_SERVER_ARGS=" + lines});
  }
  settings.argv.insert(settings.argv.end(), transcript.arguments.begin(),
                       transcript.arguments.end());

  StdioChild bridge(settings);
  std::string to_write, to_server;
  for (auto const& step : transcript.steps) {
    SCOPED_TRACE(name + ".txt:" + std::to_string(step.line));
    auto const frame = rigs::frame(step.text);
    if (step.kind == Step::Kind::send || step.kind == Step::Kind::send_lost) {
      to_write += frame;  // messages of the editor in a row leave in one write
      if (step.kind == Step::Kind::send) to_server += frame;
      continue;
    }
    if (!to_write.empty()) bridge.send(to_write);
    to_write.clear();
    if (step.kind == Step::Kind::receive) {
      ASSERT_EQ(bridge.read_frame().value_or("(end of file)"), step.text);
    } else if (step.kind == Step::Kind::end_of_file) {
      bridge.close_stdin();
    } else {
      ASSERT_EQ(bridge.wait_exit(), (ExitStatus{step.exit_code, 0})) << bridge.errors();
      EXPECT_EQ(bridge.read_to_end(), "") << "bytes behind the last message";
    }
  }
  EXPECT_EQ(rigs::read_file(record), to_server);
}

INSTANTIATE_TEST_SUITE_P(Transcripts, Golden,
                         testing::Combine(testing::ValuesIn(transcript_files()),
                                          testing::Values(StdioKind::socketpair, StdioKind::fifo)),
                         [](auto const& instance) {
                           return std::get<0>(instance.param) +
                                  (std::get<1>(instance.param) == StdioKind::fifo ? "_fifo"
                                                                                  : "_socketpair");
                         });

TEST(Transcript, WhatIsNoTranscriptIsRefused) {
  EXPECT_THROW(parse_transcript("> {}\n"), std::runtime_error);
  EXPECT_THROW(parse_transcript("? {}\n---\n= 0\n"), std::runtime_error);
}

TEST(Transcript, AMessageMayGoOnInTheNextLines) {
  auto const parsed =
      parse_transcript("$ gopls-bridge -v x\n@ --ask\n> {\"a\":\n    1}\n---\n= 3\n");
  ASSERT_EQ(parsed.steps.size(), 2U);
  EXPECT_EQ(parsed.steps[0].text, "{\"a\":1}");
  EXPECT_EQ(parsed.steps[1].exit_code, 3);
  EXPECT_EQ(parsed.arguments, (std::vector<std::string>{"-v", "x"}));
  EXPECT_EQ(parsed.server_arguments, (std::vector<std::string>{"--ask"}));
}

}  // namespace
}  // namespace bridge::golden
