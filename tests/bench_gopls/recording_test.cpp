// The format of a recorded session, and the bodies that stand for its messages.
#include "bench/workload/recording.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/process.h"
#include "framing/envelope.h"

namespace bridge::bench {
namespace {

using std::chrono::microseconds;

constexpr std::string_view kSmall =
    "# a comment\n"
    "0.000 > 100 0 initialize\n"
    "12.345 < 80 1 client/registerCapability\n"
    "12.345 > 60 1 -\n"
    "20.000 < 70 0 -\n"
    "\n"
    "21.001 > 52 - initialized";

TEST(RecordingText, GivesItsLines) {
  Recording const lines = parse_recording(kSmall);
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[1].at, microseconds(12345));
  EXPECT_EQ(lines[1].from, From::server);
  EXPECT_EQ(lines[1].size, 80U);
  EXPECT_EQ(lines[1].id, 1);
  EXPECT_EQ(lines[1].method, "client/registerCapability");
  EXPECT_TRUE(lines[1].is_request());
  EXPECT_EQ(lines[2].asked, 1U);
  EXPECT_EQ(lines[3].asked, 0U);
  EXPECT_EQ(lines[4].method, "initialized");
  EXPECT_FALSE(lines[4].is_request() || lines[4].is_answer());
}

TEST(RecordingText, IsRefusedWithTheLineAndTheReason) {
  struct Case {
    const char* text;
    const char* complaint;
  };
  for (auto const& [text, complaint] : {
           Case{"0.000 > 9 - a\nx > 9 - a", "line 2 of the recording: no time"},
           Case{"0.00 > 9 - a", "line 1 of the recording: no time"},
           Case{"-1.000 > 9 - a", "line 1 of the recording: no time"},
           Case{"0.000 = 9 - a", "line 1 of the recording: no direction"},
           Case{"0.000 > 9x - a", "line 1 of the recording: no size"},
           Case{"0.000 > 0 - a", "line 1 of the recording: no size"},
           Case{"0.000 > 9 x a", "line 1 of the recording: no id"},
           Case{"0.000 > 9 -", "line 1 of the recording: no method"},
           Case{"0.000 > 9 - a b", "line 1 of the recording: no method"},
           Case{"0.000 > 9 - -", "line 1 of the recording: neither id nor method"},
           Case{"1.000 > 9 - a\n0.999 > 9 - a", "line 2 of the recording: goes back in time"},
           Case{"0.000 > 9 1 a\n0.000 > 9 1 -",
                "line 2 of the recording: answers what was not asked"},
           Case{"0.000 > 9 1 a\n0.000 > 9 1 a",
                "line 2 of the recording: asks with an id that is in use"},
       }) {
    try {
      parse_recording(text);
      ADD_FAILURE() << text;
    } catch (const Broken& broken) {
      EXPECT_EQ(std::string(broken.what()), complaint) << text;
    }
  }
}

TEST(RecordingText, NoBeginningOfItIsTakenForSomethingElse) {
  Recording const whole = parse_recording(kSmall);
  for (std::size_t size = 0; size < kSmall.size(); ++size) {
    Recording part;
    try {
      part = parse_recording(kSmall.substr(0, size));
    } catch (const Broken&) {
      continue;
    }
    ASSERT_LE(part.size(), whole.size());
    for (std::size_t i = 0; i + 1 < part.size(); ++i)
      EXPECT_EQ(part[i].size, whole[i].size) << size;
  }
}

TEST(Pauses, TogetherTakeTheTotalAndNoneIsLongerThanItWas) {
  Recording recording(5);
  recording[1].at = microseconds(100);
  recording[2].at = microseconds(100);
  recording[3].at = microseconds(1100);
  recording[4].at = microseconds(6100);
  EXPECT_EQ(pause_limit(recording, microseconds(10'000)), microseconds(5000));  // all fits
  EXPECT_EQ(pause_limit(recording, microseconds(1500)), microseconds(700));     // 100 + 0 + 2 * 700
  EXPECT_EQ(pause_limit(recording, microseconds(90)), microseconds(30));
  EXPECT_EQ(pause_limit({}, microseconds(90)), microseconds(0));
}

TEST(EmbeddedRecording, IsAWholeSession) {
  Recording const recording = parse_recording(embedded_recording());
  ASSERT_GT(recording.size(), 1000U);
  EXPECT_EQ(recording.front().method, "initialize");
  EXPECT_EQ(recording.back().method, "exit");
  EXPECT_EQ(without_exit(recording).size(), recording.size() - 1);
  for (auto const* const method :
       {"textDocument/hover", "textDocument/completion", "textDocument/definition",
        "textDocument/didChange", "textDocument/didSave", "textDocument/publishDiagnostics"}) {
    EXPECT_TRUE(std::any_of(recording.begin(), recording.end(), [&](const ShapeLine& line) {
      return line.method == method;
    })) << method;
  }
}

// What is published has been looked at: names of LSP methods and numbers, nothing else.
TEST(EmbeddedRecording, HasNothingButMethodsInIt) {
  for (const ShapeLine& line : parse_recording(embedded_recording())) {
    EXPECT_EQ(
        line.method.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/$"),
        std::string_view::npos)
        << line.method;
  }
}

TEST(Body, HasTheSizeAndTheEnvelopeOfTheLineAndIsJson) {
  for (const ShapeLine& line : parse_recording(embedded_recording())) {
    std::string const body = make_body(line);
    ASSERT_EQ(body.size(), line.size) << line.method;
    auto const envelope = framing::scan_envelope(body);
    EXPECT_EQ(envelope.method.in(body), line.method);
    EXPECT_EQ(envelope.id.in(body), line.id ? std::to_string(*line.id) : "");
    ASSERT_TRUE(nlohmann::json::accept(body)) << body.substr(0, 200);
    // Where the real ones have it: gopls writes the id last, VS Code's library behind "jsonrpc".
    if (!line.id) continue;
    std::string const id = R"(,"id":)" + std::to_string(*line.id);
    EXPECT_EQ(body.ends_with(id + "}"), line.from == From::server) << body.substr(0, 100);
    EXPECT_EQ(body.starts_with(R"({"jsonrpc":"2.0")" + id), line.from == From::editor);
  }
}

TEST(Body, OfEverySizeThatIsLargeEnough) {
  ShapeLine line{.at = {}, .from = From::server, .size = 0, .id = 5, .method = {}, .asked = 0};
  for (line.size = 35; line.size < 600; ++line.size) {
    std::string const body = make_body(line);
    ASSERT_EQ(body.size(), line.size);
    ASSERT_TRUE(nlohmann::json::accept(body)) << body;
  }
  line.size = 33;
  EXPECT_THROW(make_body(line), Broken);
}

}  // namespace
}  // namespace bridge::bench
