#include "proxy/session/session_needs.h"

#include <gtest/gtest.h>

#include <string>

namespace bridge::session {
namespace {

std::string initialize(const std::string& params) {
  return R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":)" + params + "}";
}

TEST(SessionNeeds, FoldersAreThoseOfTheWorkspaceElseTheRoot) {
  EXPECT_EQ(needs_of(initialize(R"({"rootUri":"file:///r","workspaceFolders":[)"
                                R"({"uri":"file:///a","name":"a"},{"uri":"file:\/\/\/b"}]})"))
                .folders,
            (std::vector<std::string>{"file:///a", "file:///b"}));
  EXPECT_EQ(needs_of(initialize(R"({"rootUri":"file:///r","workspaceFolders":null})")).folders,
            (std::vector<std::string>{"file:///r"}));
  EXPECT_TRUE(needs_of(initialize(R"({"rootUri":null})")).folders.empty());
  EXPECT_TRUE(needs_of("{").folders.empty());
}

TEST(SessionNeeds, WhatSetsSomethingForTheWholeProcessNeedsAServerOfItsOwn) {
  EXPECT_EQ(needs_of(initialize(R"({"initializationOptions":{"maxFileCacheBytes":1}})")).own_reason,
            "it sets maxFileCacheBytes, which all sessions would have");
  EXPECT_NE(needs_of(initialize(R"({"initializationOptions":{"build":{"memoryLimit":"1GiB"}}})"))
                .own_reason,
            "");
  EXPECT_NE(
      needs_of(initialize(R"({"initializationOptions":{"build.memoryLimit":"1GiB"}})")).own_reason,
      "");
  EXPECT_EQ(needs_of(initialize(R"({"initializationOptions":{"staticcheck":true}})")).own_reason,
            "");
  EXPECT_EQ(needs_of(initialize(R"({"capabilities":{"memoryLimit":1}})")).own_reason, "")
      << "not among the settings";
}

TEST(SessionNeeds, TheEditorSaysWhoItIsInClientInfo) {
  EXPECT_EQ(
      editor_of(initialize(R"({"clientInfo":{"name":"Visual Studio Code","version":"1.100"}})")),
      "Visual Studio Code 1.100");
  EXPECT_EQ(editor_of(initialize(R"({"clientInfo":{"name":"N\u00e9ovim"}})")), "Néovim");
  EXPECT_EQ(editor_of(initialize(R"({"clientInfo":{"version":"1"}})")), "");
  EXPECT_EQ(editor_of(initialize("{}")), "");
}

}  // namespace
}  // namespace bridge::session
