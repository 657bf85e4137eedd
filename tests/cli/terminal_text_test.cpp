#include "proxy/cli/terminal_text.h"

#include <gtest/gtest.h>

namespace bridge::cli {
namespace {

TEST(Shown, LeavesOrdinaryTextAsItIs) {
  for (auto const* text : {"", "VS Code 1.100.0", "/home/me/src", "Grüße", "Ελλάδα", "日本語", "…"})
    EXPECT_EQ(shown(text), text);
}

TEST(Shown, NothingMovesTheCursorOrTurnsTheLineRound) {
  EXPECT_EQ(shown("a\nb\tc\r"), "a?b?c?");
  EXPECT_EQ(shown("\x1b[2Jx\x07\x7f"), "?[2Jx??");
  EXPECT_EQ(shown("\xc2\x9b"
                  "31m"),
            "?31m")
      << "CSI in one character";
  EXPECT_EQ(shown("a\u202eb\u2066c\u200fd\u200be\ufeff\u2028"), "a?b?c?d?e??");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a?b");
}

TEST(Shown, WhatIsNoUtf8IsAMarkForEachByte) {
  EXPECT_EQ(shown("a\xff\xfe"
                  "b"),
            "a??b");
  EXPECT_EQ(shown("\xe6\x97"), "??") << "cut";
  EXPECT_EQ(shown("\xc0\xaf"), "??") << "overlong";
  EXPECT_EQ(shown("\xed\xa0\x80"), "???") << "surrogate";
  EXPECT_EQ(shown("\xf4\x90\x80\x80"), "????") << "beyond Unicode";
}

TEST(Shown, MarksDoNotPileUpNorSitOnWhatStandsBefore) {
  EXPECT_EQ(shown("e\u0301"), "e\u0301");
  EXPECT_EQ(shown("e\u0301\u0301\u0301\u0301x"), "e\u0301\u0301x");
  EXPECT_EQ(shown("\u0301x"), "?x");
  EXPECT_EQ(shown("\u2139\ufe0f"), "\u2139") << "no selector makes a letter wider";
}

TEST(Columns, AreWhatATerminalUses) {
  EXPECT_EQ(columns("abc"), 3u);
  EXPECT_EQ(columns("äöü"), 3u);
  EXPECT_EQ(columns("日本"), 4u);
  EXPECT_EQ(columns("한"), 2u);
  EXPECT_EQ(columns("ＡＢ"), 4u);
  EXPECT_EQ(columns("😀"), 2u);
  EXPECT_EQ(columns("e\u0301"), 1u);
  EXPECT_EQ(columns("…"), 1u);
}

TEST(Clipped, NeverHasMoreColumnsThanAskedFor) {
  for (auto const* text : {"abcdef", "日本語日本語", "aé日😀e\u0301xyz", "\x1b\x1b\x1b\x1b\x1b"}) {
    for (std::size_t width = 0; width < 16; ++width) {
      EXPECT_LE(columns(clipped(text, width)), width) << text;
      EXPECT_LE(columns(clipped_front(text, width)), width) << text;
      EXPECT_EQ(columns(left(text, width)), width) << text;
      EXPECT_EQ(columns(right(text, width)), width) << text;
    }
  }
}

TEST(Clipped, KeepsTheBeginningOrTheEnd) {
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
  EXPECT_EQ(clipped("abcdef", 5), "abcd…");
  EXPECT_EQ(clipped_front("abcdef", 5), "…cdef");
  EXPECT_EQ(clipped("日本語", 4), "日…") << "half a letter has no room";
  EXPECT_EQ(left("ab", 4), "ab  ");
  EXPECT_EQ(right("日", 4), "  日");
}

}  // namespace
}  // namespace bridge::cli
