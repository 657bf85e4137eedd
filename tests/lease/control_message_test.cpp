// Control messages as text: what is written is read again, and nothing else is.
#include "proxy/lease/control_message.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace bridge::lease {
namespace {

using namespace std::string_literals;

ControlMessage lease_message() {
  ControlMessage message{.verb = "lease", .fields = {}};
  message.add("request", std::uint64_t{7})
      .add("key", "0123456789abcdef")
      .add("arg", "-rpc.trace")
      .add("arg", "")
      .add("env", "A=b=c")
      .add("env", "LINES=one\ntwo\xff");
  return message;
}

TEST(ControlMessage, IsReadAsItWasWritten) {
  auto const decoded = decode_control(encode(lease_message()));
  ASSERT_TRUE(decoded.message) << decoded.complaint;
  EXPECT_EQ(*decoded.message, lease_message());
  EXPECT_EQ(decoded.version, kControlVersion);
  EXPECT_EQ(decoded.complaint, "");
}

TEST(ControlMessage, IsWrittenAsControlMdSays) {
  ControlMessage message{.verb = "refused", .fields = {}};
  message.add("request", std::uint64_t{3}).add("reason", "");
  EXPECT_EQ(encode(message), "gopls-bridge/1 refused\0request=3\0reason=\0"s);
  EXPECT_EQ(encode({.verb = "status", .fields = {}}), "gopls-bridge/1 status\0"s);
}

TEST(ControlMessage, NamesRepeatAndTheFirstIsTheOne) {
  auto const message = lease_message();
  EXPECT_EQ(message.get("arg"), "-rpc.trace");
  EXPECT_EQ(message.all("arg"), (std::vector<std::string>{"-rpc.trace", ""}));
  EXPECT_EQ(message.get("env"), "A=b=c");
  EXPECT_EQ(message.get("absent"), "");
  EXPECT_TRUE(message.all("absent").empty());
}

TEST(ControlMessage, OnlyWholeDecimalNumbersAreNumbers) {
  auto const number = [](std::string_view text) {
    return ControlMessage{.verb = "v", .fields = {{"n", std::string(text)}}}.number("n");
  };
  EXPECT_EQ(number("0"), 0U);
  EXPECT_EQ(number("18446744073709551615"), 18446744073709551615U);
  for (auto const* const text : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"})
    EXPECT_EQ(number(text), std::nullopt) << '"' << text << '"';
  EXPECT_EQ(lease_message().number("absent"), std::nullopt);
}

TEST(ControlMessage, WhatCannotBeReadAgainIsNotWritten) {
  auto const written = [](const std::string& verb, const std::string& name,
                          const std::string& value) {
    ControlMessage message{.verb = verb, .fields = {}};
    message.add(name, std::string_view(value));
    return encode(message);
  };
  EXPECT_NE(written("lease", "key", "v"), "");
  EXPECT_EQ(written("", "key", "v"), "");
  EXPECT_EQ(written("two words", "key", "v"), "");
  EXPECT_EQ(written("Lease", "key", "v"), "");
  EXPECT_EQ(written("lease", "", "v"), "");
  EXPECT_EQ(written("lease", "a=b", "v"), "");
  EXPECT_EQ(written("lease", "a\0b"s, "v"), "");
  EXPECT_EQ(written("lease", "key", "a\0b"s), "");
}

TEST(ControlMessage, IsAtMost96KiB) {
  ControlMessage message{.verb = "lease", .fields = {}};
  std::size_t const around = encode(message).size() + "env="s.size() + 1;
  message.add("env", std::string(kControlMessageBytesMax - around, 'x'));
  auto text = encode(message);
  EXPECT_EQ(text.size(), kControlMessageBytesMax);
  EXPECT_TRUE(decode_control(text).message);

  text.insert(text.size() - 1, "x");
  auto const longer = decode_control(text);
  EXPECT_FALSE(longer.message);
  EXPECT_NE(longer.complaint, "");
  message.fields[0].second += 'x';
  EXPECT_EQ(encode(message), "");
  EXPECT_EQ(encode({.verb = std::string(kControlMessageBytesMax, 'v'), .fields = {}}), "");
}

TEST(ControlMessage, EveryCutIsRefusedOrIsAShorterMessage) {
  auto const text = encode(lease_message());
  std::size_t whole = 0;
  for (std::size_t size = 0; size < text.size(); ++size) {
    auto const cut = text.substr(0, size);
    auto const decoded = decode_control(cut);
    if (!decoded.message) {
      EXPECT_NE(decoded.complaint, "") << "cut at " << size;
      continue;
    }
    ++whole;
    EXPECT_EQ(encode(*decoded.message), cut);
  }
  // Behind the verb and behind each value but the last; a datagram comes whole or not at all.
  EXPECT_EQ(whole, lease_message().fields.size());
}

TEST(ControlMessage, EveryByteChangedIsRefusedOrReadAsItStands) {
  auto const text = encode(lease_message());
  for (std::size_t place = 0; place < text.size(); ++place)
    for (int flip = 1; flip < 256; ++flip) {
      auto changed = text;
      changed[place] = static_cast<char>(changed[place] ^ flip);
      auto const decoded = decode_control(changed);
      EXPECT_EQ(decoded.message.has_value(), decoded.complaint.empty()) << changed;
      if (decoded.message) {
        EXPECT_EQ(encode(*decoded.message), changed);
      }
    }
}

TEST(ControlMessage, NulsStandBetweenValuesOnly) {
  for (auto const& text :
       {"gopls-bridge/1 lease"s, "gopls-bridge/1 \0"s, "gopls-bridge/1 lease\0\0"s,
        "gopls-bridge/1 lease\0key\0"s, "gopls-bridge/1 lease\0=v\0"s, "gopls-bridge/1 lease\0k=v"s,
        "gopls-bridge/1 lease\0k=a\0b\0"s, "\0gopls-bridge/1 lease\0"s}) {
    auto const decoded = decode_control(text);
    EXPECT_FALSE(decoded.message) << text;
    EXPECT_NE(decoded.complaint, "") << text;
  }
}

TEST(ControlMessage, UnknownVerbsAndNamesAreRead) {
  auto const decoded = decode_control("gopls-bridge/1 from-tomorrow\0new=1\0key=k\0"s);
  ASSERT_TRUE(decoded.message) << decoded.complaint;
  EXPECT_EQ(decoded.message->verb, "from-tomorrow");
  EXPECT_EQ(decoded.message->get("key"), "k");
}

TEST(ControlMessage, AnotherVersionIsToldFromNoMessage) {
  for (auto const& [text, version] : std::initializer_list<std::pair<std::string, int>>{
           {"gopls-bridge/2 lease\0"s, 2},
           {"gopls-bridge/2 {\"verb\": \"lease\"}", 2},
           {"gopls-bridge/1000 x\0"s, 1000},
           {"gopls-bridge/0 lease\0"s, 0},
           {"gopls-bridge/ lease\0"s, 0},
           {"gopls-bridge/-1 lease\0"s, 0},
           {"gopls-bridge/1x lease\0"s, 0},
           {"gopls-bridge/99999999999999999999 lease\0"s, 0},
           {"gopls-bridge/1"s, 0},
           {"GET / HTTP/1.1\r\n\r\n"s, 0},
           {"Content-Length: 2\r\n\r\n{}"s, 0},
           {""s, 0}}) {
    auto const decoded = decode_control(text);
    EXPECT_FALSE(decoded.message) << text;
    EXPECT_EQ(decoded.version, version) << text;
    EXPECT_NE(decoded.complaint, "") << text;
  }
}

}  // namespace
}  // namespace bridge::lease
