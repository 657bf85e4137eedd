// DAP: seq, type, command, event, request_seq, as dlv's reader (google/go-dap) finds them.
#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>

#include "framing/envelope.h"
#include "tests/framing/message_maker.h"
#include "tests/framing/naive_envelope.h"
#include "tests/framing/seed.h"

namespace bridge::framing {

static void PrintTo(DapKind kind, std::ostream* out) { *out << static_cast<int>(kind); }

namespace {

struct Expected {
  DapKind kind = DapKind::invalid;
  std::string seq{};
  std::string name{};  // of the command or the event
  std::string request_seq{};
};

void expect(std::string_view body, Expected const& expected) {
  DapEnvelope const e = scan_dap_envelope(body);
  EXPECT_EQ(e.kind, expected.kind) << body;
  EXPECT_EQ(e.seq.in(body), expected.seq) << body;
  EXPECT_EQ((e.kind == DapKind::event ? e.event : e.command).in(body), expected.name) << body;
  EXPECT_EQ(e.request_seq.in(body), expected.request_seq) << body;
}

TEST(DapEnvelope, RequestsResponsesAndEventsAreTold) {
  expect(R"({"seq":1,"type":"request","command":"launch","arguments":{"type":"x","seq":9}})",
         {DapKind::request, "1", "launch", ""});
  expect(R"({"seq":2,"type":"response","request_seq":1,"success":true,"command":"launch"})",
         {DapKind::response, "2", "launch", "1"});
  expect(R"({"seq":3,"type":"event","event":"output","body":{"command":"x"}})",
         {DapKind::event, "3", "output", ""});
}

TEST(DapEnvelope, AResponseOfDlvMayHaveNoCommand) {
  expect(R"({"seq":0,"type":"response","request_seq":4,"success":false})",
         {DapKind::response, "0", "", "4"});
}

TEST(DapEnvelope, NamesFoldDuplicatesCountLastEscapesAreDecoded) {
  expect(R"({"SEQ":1,"Seq":2,"TYPE":"event","type":"requ\u0065st","\u0063ommand":"a"})",
         {DapKind::request, "2", "a", ""});
  expect("{\"\u017feq\":5,\"type\":\"re\\u0073ponse\",\"reque\u017ft_\u017feq\":6}",
         {DapKind::response, "5", "", "6"});
  expect(R"( { "seq" : 1 , "type" : "event" , "event" : "x" } )", {DapKind::event, "1", "x", ""});
}

TEST(DapEnvelope, WhatIsNotForTheKindIsLeftOut) {
  std::string_view const body =
      R"({"seq":1,"type":"request","command":"a","event":"b","request_seq":3})";
  DapEnvelope const e = scan_dap_envelope(body);
  EXPECT_FALSE(e.event);
  EXPECT_FALSE(e.request_seq);
}

TEST(DapEnvelope, NullChangesNothing) {
  expect(R"({"seq":1,"seq":null,"type":"request","type":null,"command":"a","command":null})",
         {DapKind::request, "1", "a", ""});
}

TEST(DapEnvelope, TheRestIsInvalid) {
  for (std::string_view body : {
           "",
           "[]",
           "null",
           "{}",
           R"({"seq":1})",
           R"({"seq":1,"type":"request"})",
           R"({"seq":1,"type":"event"})",
           R"({"seq":1,"type":"response"})",
           R"({"seq":1,"type":"Request","command":"a"})",
           R"({"seq":"1","type":"request","command":"a"})",
           R"({"seq":1.5,"type":"request","command":"a"})",
           R"({"seq":1,"type":7,"command":"a"})",
           R"({"seq":1,"type":"request","command":["a"]})",
           R"({"seq":1,"type":"request","command":""})",
           R"({"seq":1,"type":"response","request_seq":"1"})",
           R"([{"seq":1,"type":"request","command":"a"}])",
       })
    expect(body, {});
}

TEST(DapEnvelope, TheNaiveReaderAgrees) {
  std::uint64_t const seed = test_seed();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  MessageMaker maker([&](std::size_t n) { return random() % n; });
  std::size_t valid = 0;
  for (int i = 0; i < 30000 && !testing::Test::HasFailure(); ++i) {
    std::string const body = maker.dap();
    std::string const naive = naive_dap(body);
    EXPECT_EQ(meaning_of(scan_dap_envelope(body), body), naive) << body;
    if (naive != "invalid") ++valid;
  }
  EXPECT_GT(valid, 2000U) << "too few are messages to test anything";
}

}  // namespace
}  // namespace bridge::framing
