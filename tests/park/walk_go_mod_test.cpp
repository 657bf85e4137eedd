#include <gtest/gtest.h>

#include "proxy/session/park/go_mod_file.h"

namespace bridge::session {
namespace {

using Texts = std::vector<std::string>;

TEST(GoModFile, LinesAndBlocksAreReadAlike) {
  GoModFile const file = read_go_mod(
      "module example.com/m // the module\n"
      "go 1.24.0\r\n"
      "toolchain go1.26.8\n"
      "require a.org/a v1.0.0\n"
      "require (\n\tb.org/b v1.2.3 // indirect\n\n\t// none\n\tc.org/C/v2 v2.0.0-RC1\n)\n"
      "exclude (\n\tx.org/x v1.0.0\n)\n"
      "replace d => ./d\n"
      "replace (\n\te v1.0.0 => ../e\n\tf => f.org/F v0.0.1\n\tg v1.0.0 => /abs/g\n)\n"
      "retract v1.0.0\n");
  EXPECT_EQ(file.language, "go 1.24.0\ntoolchain go1.26.8\n");
  EXPECT_EQ(file.modules, (Texts{"a.org/a@v1.0.0", "b.org/b@v1.2.3", "c.org/!c/v2@v2.0.0-!r!c1",
                                 "f.org/!f@v0.0.1"}));
  EXPECT_EQ(file.local, (Texts{"./d", "../e", "/abs/g"}));
}

TEST(GoModFile, AGoWorksDirectoriesAreLocal) {
  GoModFile const file =
      read_go_mod("go 1.24\nuse .\nuse (\n\t./a\n\tb\n\t\"./c d\"\n\t`./e`\n)\n");
  EXPECT_EQ(file.local, (Texts{".", "./a", "b", "./c d", "./e"}));
}

TEST(GoModFile, QuotesHoldCommentsAndParentheses) {
  GoModFile const file = read_go_mod(
      "replace x => \"./a//b (c)\" // d\nreplace y => `./\"q\"`\nuse \"./\\\"e\\\\\"\n");
  EXPECT_EQ(file.local, (Texts{"./a//b (c)", "./\"q\"", "./\"e\\"}));
}

TEST(GoModFile, ABlockMayOpenWithoutSpaceAndEndWithTheFile) {
  EXPECT_EQ(read_go_mod("use(\n./a\n").local, Texts{"./a"});
  EXPECT_EQ(read_go_mod("use (").local, Texts{});
}

TEST(GoModFile, WhatIsNotUnderstoodIsPassedOver) {
  GoModFile const file = read_go_mod(
      "replace\nreplace =>\nreplace a =>\nrequire a\nrequire\ngo\nuse\n) (\n=> => "
      "=>\n\"\n\x01\xff\n"
      "go 1.20");
  EXPECT_EQ(file.language, "go 1.20\n");
  EXPECT_EQ(file.modules, Texts{});
  EXPECT_EQ(file.local, Texts{});
}

TEST(GoModFile, NamesThatLeadOutOfTheCacheAreNone) {
  GoModFile const file = read_go_mod(
      "require ../../etc v1\nrequire a/../../b v1\nrequire /abs v1\nrequire a v/../../../x\n");
  EXPECT_EQ(file.modules, Texts{});
}

}  // namespace
}  // namespace bridge::session
