#include "proxy/session/park/parked_session.h"

#include <gtest/gtest.h>

#include "proxy/session/journal/record.h"

namespace bridge::session {
namespace {

// Something of everything.
ParkedSession full() {
  ParkedSession session;
  session.drain.unread = "Content-Le";
  session.drain.owed = {"7", R"("x")"};
  session.drain.open_requests = {{"1", "workspace/configuration"},
                                 {R"("y")", "window/showDocument"}};
  session.drain.configuration = {{R"({"items":[{}]})", R"([{"gofumpt":true}])"}, {"{}", "null"}};
  session.drain.open_progress = {"12", R"("load")"};
  session.journal = std::string("gbjrnl\r\n\0\1", 10);
  session.documents = {
      {.raw_uri = R"("file:///w/a.go")", .bytes = 10, .text_checksum = 0x0123456789abcdef},
      {.raw_uri = R"("file:///w/b.go")", .bytes = 0, .text_checksum = checksum("")}};
  session.snapshot = std::string("\0\xff", 2);
  session.links = "0123456789abcdef-1";
  return session;
}

void expect_equal(const ParkedSession& left, const ParkedSession& right) {
  EXPECT_EQ(serialise(left), serialise(right));
  EXPECT_EQ(left.news, right.news);
}

std::string why_refused(std::string_view bytes) {
  std::string error;
  return parse_parked(bytes, error) ? "taken" : error;
}

std::string why_no_start(std::string_view bytes) {
  std::string error;
  return parse_drain_start(bytes, error) ? "taken" : error;
}

TEST(ParkedSession, WhatIsTakenUpIsWhatWasLeft) {
  ParkedSession const left = full();
  std::string error;
  auto const taken = parse_parked(serialise(left), error);
  ASSERT_TRUE(taken) << error;
  EXPECT_EQ(taken->drain.unread, left.drain.unread);
  EXPECT_EQ(taken->drain.owed, left.drain.owed);
  ASSERT_EQ(taken->drain.open_requests.size(), 2U);
  EXPECT_EQ(taken->drain.open_requests[1].raw_id, R"("y")");
  EXPECT_EQ(taken->drain.open_requests[1].method, "window/showDocument");
  EXPECT_EQ(taken->drain.configuration, left.drain.configuration);
  EXPECT_EQ(taken->drain.open_progress, left.drain.open_progress);
  EXPECT_EQ(taken->journal, left.journal);
  EXPECT_EQ(taken->documents, left.documents);
  EXPECT_EQ(taken->snapshot, left.snapshot);
  EXPECT_EQ(taken->links, left.links);
  EXPECT_TRUE(taken->news.empty());
}

TEST(ParkedSession, NewsOfTheDaemonStandBehindIt) {
  ParkedSession left = full();
  left.news = {R"({"method":"a"})", "", R"({"method":"b"})"};
  std::string error;
  auto const taken = parse_parked(serialise(left) + serialise_news(left.news), error);
  ASSERT_TRUE(taken) << error;
  expect_equal(*taken, left);
}

TEST(ParkedSession, TheDaemonReadsItsPartAloneAlsoBehindNews) {
  std::string const whole = serialise(full());
  for (std::string const& bytes : {whole, whole + serialise_news({"{}"})}) {
    std::string error;
    auto const start = parse_drain_start(bytes, error);
    ASSERT_TRUE(start) << error;
    EXPECT_EQ(start->unread, "Content-Le");
    EXPECT_EQ(start->owed, (std::vector<std::string>{"7", R"("x")"}));
    EXPECT_EQ(start->configuration.size(), 2U);
    EXPECT_EQ(start->open_progress.size(), 2U);
  }
}

// What it does not read it does not judge either.
TEST(ParkedSession, TheDaemonDoesNotReadTheRest) {
  std::string damaged = serialise(full());
  damaged.back() = '?';
  EXPECT_EQ(why_no_start(damaged), "taken");
  EXPECT_EQ(why_refused(damaged), "a checksum is wrong");
}

TEST(ParkedSession, AnEmptyOneToo) {
  EXPECT_EQ(why_refused(serialise({})), "taken");
  EXPECT_EQ(why_refused(serialise({}) + serialise_news({})), "taken");
}

TEST(ParkedSession, EveryDamagedByteIsSeen) {
  std::string const front = serialise(full());
  std::string const whole = front + serialise_news({"{}", R"({"method":"a"})"});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_NE(why_refused(damaged), "taken") << "byte " << at;
    // The news may be missing, but not in part.
    if (at != front.size()) {
      EXPECT_NE(why_refused(std::string_view(whole).substr(0, at)), "taken") << "cut at " << at;
    }
  }
  EXPECT_EQ(why_refused(whole + "x"), "more bytes than one parked session");
  EXPECT_EQ(why_refused(front + "x"), "cut short");
}

TEST(ParkedSession, EveryDamageOfItsPartIsSeenByTheDaemon) {
  std::string const whole = serialise(full());
  std::size_t const part_end =
      whole.size() - (16 + 8 + 10 + 8 + 2 * (8 + 16 + 8 + 8) + 8 + 2 + 8 + 18);
  for (std::size_t at = 0; at < part_end; ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_NE(why_no_start(damaged), "taken") << "byte " << at;
    EXPECT_NE(why_no_start(std::string_view(whole).substr(0, at)), "taken") << "cut at " << at;
  }
  EXPECT_EQ(why_no_start(std::string_view(whole).substr(0, part_end)), "taken");
}

TEST(ParkedSession, AnotherVersionIsRefusedByName) {
  std::string bytes = serialise({});
  bytes[8] = 7;
  EXPECT_EQ(why_refused(bytes), "a parked session of version 7, not 1");
  EXPECT_EQ(why_no_start(bytes), "a parked session of version 7, not 1");
  EXPECT_EQ(why_refused("something else"), "no parked session");
}

// A count that no bytes stand for costs no memory.
TEST(ParkedSession, AnnouncedCountsAreNotBelieved) {
  RecordWriter part;
  part.put_text("");
  part.put_u64(UINT64_MAX);
  RecordWriter bytes;
  bytes.bytes() = "gbpark\r\n";
  bytes.put_u32(1);
  bytes.put_u64(checksum(part.bytes()));
  bytes.put_text(part.bytes());
  EXPECT_EQ(why_no_start(bytes.bytes()), "its sections are not those of this version");
}

// Behind a checksum that is right, too: of another version that forgot to say so.
TEST(ParkedSession, APartWithMoreThanItsSectionsIsRefused) {
  for (int const longer : {0, 1, 2}) {
    RecordWriter bytes;
    bytes.bytes() = "gbpark\r\n";
    bytes.put_u32(1);
    int number = 0;
    for (std::size_t const size : {40U, 32U, 8U}) {
      std::string const part(size + (number++ == longer ? 1 : 0), '\0');
      bytes.put_u64(checksum(part));
      bytes.put_text(part);
    }
    EXPECT_EQ(why_refused(bytes.bytes()), "its sections are not those of this version") << longer;
  }
}

TEST(ParkedSession, ADocumentWithoutAUriIsRefused) {
  ParkedSession session;
  session.documents = {{.raw_uri = "file:///a.go", .bytes = 1, .text_checksum = 2}};
  EXPECT_EQ(why_refused(serialise(session)), "its sections are not those of this version");
}

// PARKED.md's example, number by number.
TEST(ParkedSession, TheExampleOfTheDocument) {
  ParkedSession session;
  session.drain.owed = {"7"};
  session.drain.configuration = {{R"({"items":[{}]})", "[{}]"}};
  session.journal = "JOURNAL";
  session.documents = {
      {.raw_uri = R"("file:///a.go")", .bytes = 10, .text_checksum = checksum("package a\n")}};
  session.snapshot = "SNAPSHOT";
  session.links = "abc-0";
  using namespace std::string_literals;
  auto const u64 = [](std::uint8_t value) {
    return std::string(1, char(value)) + std::string(7, 0);
  };
  EXPECT_EQ(serialise(session) + serialise_news({"{}"}),
            "gbpark\r\n\x01\0\0\0"s +                                                          //
                "\x43\x69\x29\xa2\x13\x57\xb8\x92" + u64(83) +                                 //
                u64(0) + u64(1) + u64(1) + "7" + u64(0) +                                      //
                u64(1) + u64(14) + R"({"items":[{}]})" + u64(4) + "[{}]" + u64(0) +            //
                "\x66\x39\x16\xa9\x67\x0a\xf2\x0f" + u64(90) +                                 //
                u64(7) + "JOURNAL" + u64(1) + u64(14) + R"("file:///a.go")" + u64(10) +        //
                "\x1e\x4b\xc4\x57\x24\x0e\xcd\xa9" + u64(8) + "SNAPSHOT" + u64(5) + "abc-0" +  //
                "\x8e\x85\x1f\xda\x97\xa2\x3b\xd8" + u64(18) + u64(1) + u64(2) + "{}");
}

}  // namespace
}  // namespace bridge::session
