#include "proxy/server/go_build_info.h"

#include <gtest/gtest.h>

#include <string>

namespace bridge::server {
namespace {

constexpr std::string_view kText = "path\tm\nmod\tm\tv1.2.3\t\n";

std::string view(const BuildInfoBlock& block) { return {block.data(), block.size()}; }

// Laid out by hand from debug/buildinfo, apart from the encoder.
std::string by_hand(std::string_view version, std::string_view text, char flags = 2) {
  std::string section("\xff Go buildinf:", 14);
  section += '\x08';
  section += flags;
  section.resize(32, '\0');
  section += static_cast<char>(version.size());
  section += version;
  std::string wrapped("\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6", 16);
  wrapped += text;
  wrapped += std::string("\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2", 16);
  for (auto length = wrapped.size();; length >>= 7) {
    section += static_cast<char>((length & 0x7f) | (length >= 0x80 ? 0x80 : 0));
    if (length < 0x80) break;
  }
  return section + wrapped;
}

TEST(GoBuildInfo, EncodesWhatIsLaidOutByHand) {
  for (std::string const& text : {std::string(kText), std::string(94, 'x') + '\n',
                                  std::string(95, 'x') + '\n', std::string(3000, 'x') + '\n'}) {
    auto expected = by_hand("go1.26.8", text);
    expected.resize(kBuildInfoReservedBytes, '\0');
    auto const block = encode_build_info("go1.26.8", text);
    ASSERT_TRUE(block) << text.size();
    EXPECT_EQ(view(*block), expected) << text.size();
  }
}

TEST(GoBuildInfo, DecodesWhatIsLaidOutByHand) {
  auto const info = decode_build_info(by_hand("go1.26.8", kText));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->go_version, "go1.26.8");
  EXPECT_EQ(info->module_text, kText);
  EXPECT_EQ(main_package(*info), "m");
}

TEST(GoBuildInfo, RefusesATextThatDoesNotFit) {
  // header, two lengths of at most 2 bytes, the version, the wrapping
  std::size_t const room = kBuildInfoReservedBytes - 32 - 4 - 8 - 32;
  EXPECT_TRUE(encode_build_info("go1.26.8", std::string(room, 'x')));
  EXPECT_FALSE(encode_build_info("go1.26.8", std::string(room + 1, 'x')));
  EXPECT_FALSE(encode_build_info(std::string(5000, '1'), kText));
}

TEST(GoBuildInfo, FindsTheMagicAtEverySixteenthByteOnly) {
  auto const section = by_hand("go1.26.8", kText);
  EXPECT_TRUE(decode_build_info(std::string(16, 'x') + section));
  EXPECT_TRUE(decode_build_info(std::string(160, '\0') + section));
  EXPECT_FALSE(decode_build_info(std::string(8, 'x') + section));
  EXPECT_FALSE(decode_build_info(std::string(15, 'x') + section));
}

TEST(GoBuildInfo, EveryCutShortYieldsTheVersionOrNothing) {
  auto const section = by_hand("go1.26.8", kText);
  std::size_t const after_version = 32 + 1 + 8;
  for (std::size_t size = 0; size < section.size(); ++size) {
    auto const info = decode_build_info(std::string_view(section).substr(0, size));
    EXPECT_EQ(info.has_value(), size >= after_version) << size;
    if (info) {
      EXPECT_EQ(info->module_text, "") << size;
    }
  }
}

TEST(GoBuildInfo, StringsByPointerAreNotRead) {  // Go before 1.18
  EXPECT_FALSE(decode_build_info(by_hand("go1.17", kText, 0)));
}

TEST(GoBuildInfo, ALengthBeyondTheSectionIsDamage) {
  auto section = by_hand("go1.26.8", kText);
  section[32] = '\x7f';
  EXPECT_FALSE(decode_build_info(section));
  section.replace(32, 1, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_FALSE(decode_build_info(section));
  section = by_hand("", kText);
  EXPECT_FALSE(decode_build_info(section));
}

TEST(GoBuildInfo, ATextWithoutItsWrappingCountsAsNone) {
  auto const no_newline = decode_build_info(by_hand("go1.26.8", "path\tm"));
  ASSERT_TRUE(no_newline);
  EXPECT_EQ(no_newline->module_text, "");
  EXPECT_EQ(main_package(*no_newline), "");
}

TEST(GoBuildInfo, ReadsAnExecutable) {
  auto const info = read_build_info(std::string(BRIDGE_TEST_PROGRAMS "/fake_gopls"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->go_version, "go1.25.3");
  EXPECT_EQ(main_package(*info), "golang.org/x/tools/gopls");
  auto const ours = read_build_info(std::string(BRIDGE_BINARY));
  ASSERT_TRUE(ours);
  EXPECT_EQ(main_package(*ours), "gopls-bridge");
}

TEST(GoBuildInfo, WhatIsNoExecutableHasNone) {
  EXPECT_FALSE(read_build_info(std::string("/bin/sh")));
  EXPECT_FALSE(read_build_info(std::string("/etc/passwd")));
  EXPECT_FALSE(read_build_info(std::string("/nowhere")));
  EXPECT_FALSE(read_build_info(std::string("/")));
}

}  // namespace
}  // namespace bridge::server
