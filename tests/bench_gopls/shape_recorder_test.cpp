// The recorder of sessions, between a client and the scripted server: what it writes is a recording
// of just this session, and none of its words.
#include <gtest/gtest.h>

#include <filesystem>

#include "bench/workload/recording.h"
#include "tests/rigs/lsp_client.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::bench {
namespace {

using rigs::ExitStatus;

TEST(ShapeRecorder, WritesTheShapeOfASessionAndNoWordOfIt) {
  rigs::TempDir const directory;
  rigs::StdioChild child({.argv = {BRIDGE_TEST_PROGRAMS "/shape_recorder"},
                          .env = {"SHAPE_SERVER=" BRIDGE_TEST_PROGRAMS "/fake_server",
                                  "SHAPE_DIR=" + directory.path(), "FAKE_SERVER_ARGS=--ask"}});
  rigs::LspClient client(child);
  client.initialize("/secret");
  client.open("/secret/main.go", "package secret\n");
  EXPECT_EQ(client.hover("/secret/main.go", 3, 5)["result"]["contents"]["value"],
            "fake hover at 3:5");
  client.request("shutdown", nullptr);
  client.notify("exit", nullptr);
  EXPECT_EQ(child.wait_exit(), (ExitStatus{0, 0}));

  std::filesystem::directory_iterator const files(directory.path());
  std::string const text = rigs::read_file(begin(files)->path());
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  Recording const recording = parse_recording(text);
  std::vector<std::string> sent;
  std::size_t bytes[2] = {0, 0};
  for (const ShapeLine& line : recording) {
    bytes[line.from == From::server ? 1 : 0] += rigs::frame(std::string(line.size, ' ')).size();
    if (line.from == From::editor && !line.is_answer()) sent.emplace_back(line.method);
  }
  EXPECT_EQ(sent, (std::vector<std::string>{"initialize", "initialized", "textDocument/didOpen",
                                            "textDocument/hover", "shutdown", "exit"}));
  EXPECT_EQ(bytes[0], child.sent().size());
  EXPECT_EQ(bytes[1], child.received().size());
}

}  // namespace
}  // namespace bridge::bench
