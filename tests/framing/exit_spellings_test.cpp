// `exit` ends a gopls for everybody: however it is spelled, a guard must see it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "framing/envelope.h"
#include "framing/frame_scanner.h"

namespace bridge::framing {
namespace {

std::vector<std::string> spellings() {
  return {
      R"({"jsonrpc":"2.0","params":{"text":")" + std::string(400, 'x') + R"("},"method":"exit"})",
      R"({"jsonrpc":"2.0","Method":"exit"})",
      R"({"jsonrpc":"2.0","method":"initialized","method":"exit"})",
      R"({"jsonrpc":"2.0","method":"\u0065xit"})",
      R"({"jsonrpc":"2.0","method":"exit"})",  // split at every byte, below
      R"({"jsonrpc":"2.0","id":5,"method":"exit"})",
      R"({"jsonrpc":"2.0","m\u0065thod":"exit"})",
      R"({"jsonrpc":"2.0","params":{"method":"initialized"},"METHOD":"ex\u0069t"})",
  };
}

std::string framed(std::string const& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

bool is_exit(std::string_view body) {
  return method_is(scan_envelope(body), body, "exit") &&
         method_is(read_envelope(body), body, "exit");
}

TEST(ExitSpellings, EachIsSeen) {
  for (std::string const& body : spellings()) EXPECT_TRUE(is_exit(body)) << body;
}

TEST(ExitSpellings, OnlyThatWithAnIdIsARequest) {
  for (std::string const& body : spellings()) {
    bool const has_id = body.find("\"id\"") != std::string::npos;
    EXPECT_EQ(scan_envelope(body).kind, has_id ? MessageKind::request : MessageKind::notification)
        << body;
  }
}

TEST(ExitSpellings, EachIsSeenWhereverTheStreamIsCut) {
  for (std::string const& body : spellings()) {
    std::string const stream = framed(R"({"method":"initialized"})") + framed(body);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      FrameScanner scanner;
      std::size_t begin = 0;
      std::size_t frames = 0;
      for (std::size_t end : {cut, stream.size()}) {
        for (;;) {
          std::string_view const pending = std::string_view(stream).substr(begin, end - begin);
          Scan const scan = scanner.next(pending);
          if (scan.kind != Scan::Kind::frame) break;
          std::string_view const found = pending.substr(scan.header_size, scan.body_size);
          EXPECT_EQ(is_exit(found), ++frames == 2) << body << " cut at " << cut;
          begin += scan.frame_size();
        }
      }
      EXPECT_EQ(frames, 2U) << body << " cut at " << cut;
    }
  }
}

TEST(ExitSpellings, WhatOnlyLooksLikeExitIsNot) {
  for (std::string const body : {
           R"({"method":"exit","method":"initialized"})",
           R"({"method":"initialized","params":{"method":"exit"}})",
           R"({"method":"Exit"})",
           R"({"method":"exit/"})",
           R"({"id":1,"result":{"method":"exit"}})",
           R"([{"method":"exit"}])",
           R"({"id":1,"result":"\",\"method\":\"exit\""})",
       })
    EXPECT_FALSE(is_exit(body)) << body;
}

// FORMAT.md, "Worked example".
TEST(ExitSpellings, TheWorkedExampleIsTrue) {
  std::string const stream =
      "content-length:  45\r\nX-Trace: a\n\r\n"
      R"({"jsonrpc":"2.0","method":"\u0065xit","ID":7})";
  FrameScanner scanner;
  Scan scan = scanner.next(std::string_view(stream).substr(0, 40));
  EXPECT_EQ(scan.kind, Scan::Kind::need_more);
  EXPECT_EQ(scan.header_size, 34U);
  EXPECT_EQ(scan.body_size, 45U);
  scan = scanner.next(stream);
  EXPECT_EQ(scan.kind, Scan::Kind::frame);
  EXPECT_EQ(scan.frame_size(), 79U);
  EXPECT_EQ(scanner.consumed(), 79U);
  std::string_view const body = std::string_view(stream).substr(34);
  Envelope const expected = {.kind = MessageKind::request,
                             .method = {.offset = 27, .size = 9},
                             .id = {.offset = 43, .size = 1},
                             .method_escaped = true};
  EXPECT_EQ(scan_envelope(body), expected);
  EXPECT_TRUE(method_is(expected, body, "exit"));
}

}  // namespace
}  // namespace bridge::framing
