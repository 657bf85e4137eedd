#include "proxy/session/capabilities.h"

#include <gtest/gtest.h>

#include "tests/rigs/temp_dir.h"

namespace bridge::session {
namespace {

using Lost = std::vector<std::string>;

Lost lost(std::string_view before, std::string_view now) {
  auto const result = [](std::string_view capabilities) {
    return R"({"capabilities":)" + std::string(capabilities) + '}';
  };
  auto const change = compare_capabilities(result(before), result(now));
  EXPECT_FALSE(change.legend_changed);
  return change.lost;
}

// What the two versions answered to VS Code's `initialize`; versions shortened.
std::string recorded(std::string_view version) {
  return rigs::read_file(BRIDGE_SOURCE_DIR "/tests/session/initialize_results/gopls-" +
                         std::string(version) + ".json");
}

TEST(Capabilities, EqualOnesAreNoChange) {
  auto const result = recorded("v0.23.0");
  auto const change = compare_capabilities(result, result);
  EXPECT_TRUE(change.none());
  EXPECT_EQ(describe(change), "v0.23.0 as before");
}

TEST(Capabilities, ANewerGoplsTakesNothingAway) {
  auto const change = compare_capabilities(recorded("v0.23.0"), recorded("v0.24.0"));
  EXPECT_EQ(change.lost, Lost());
  EXPECT_TRUE(change.none());
  EXPECT_EQ(change.version_before, "v0.23.0");
  EXPECT_EQ(change.version_now, "v0.24.0");
  EXPECT_EQ(describe(change), "v0.24.0 instead of v0.23.0");
}

TEST(Capabilities, AnOlderGoplsLosesWhatItDidNotHave) {
  auto const change = compare_capabilities(recorded("v0.24.0"), recorded("v0.23.0"));
  EXPECT_EQ(change.lost, (Lost{"codeActionProvider.codeActionKinds: gopls.dragonSlayer",
                               "codeActionProvider.codeActionKinds: refactor.move.moveDeclaration",
                               "executeCommandProvider.commands: gopls.dragon_slayer",
                               "executeCommandProvider.commands: gopls.move_declaration",
                               "executeCommandProvider.commands: gopls.resolve_target"}));
  EXPECT_FALSE(change.legend_changed);
  EXPECT_FALSE(change.none());
}

TEST(Capabilities, WhatIsAbsentNullOrFalseIsNotThere) {
  for (auto const* now : {"{}", R"({"hoverProvider":null})", R"({"hoverProvider":false})"}) {
    EXPECT_EQ(lost(R"({"hoverProvider":true})", now), Lost{"hoverProvider"}) << now;
    EXPECT_EQ(lost(R"({"hoverProvider":{"workDoneProgress":true}})", now), Lost{"hoverProvider"});
    EXPECT_EQ(lost(now, R"({"hoverProvider":true})"), Lost()) << now;
    EXPECT_EQ(lost(now, "{}"), Lost()) << now;
  }
}

TEST(Capabilities, TrueAndOptionsAreTheSameAbility) {
  EXPECT_EQ(lost(R"({"renameProvider":true})", R"({"renameProvider":{"prepareProvider":true}})"),
            Lost());
  EXPECT_EQ(lost(R"({"renameProvider":{"prepareProvider":true}})", R"({"renameProvider":true})"),
            Lost{"renameProvider.prepareProvider"});
  EXPECT_EQ(lost(R"({"codeLensProvider":{}})", R"({"codeLensProvider":true})"), Lost());
}

TEST(Capabilities, ListsAreSets) {
  EXPECT_EQ(lost(R"({"completionProvider":{"triggerCharacters":[".","("]}})",
                 R"({"completionProvider":{"triggerCharacters":["(",".","x"]}})"),
            Lost());
  EXPECT_EQ(lost(R"({"completionProvider":{"triggerCharacters":[".","("]}})",
                 R"({"completionProvider":{"triggerCharacters":["."]}})"),
            Lost{"completionProvider.triggerCharacters: ("});
  EXPECT_EQ(lost(R"({"x":[{"a":1},7]})", R"({"x":true})"), (Lost{"x: {\"a\":1}", "x: 7"}));
}

TEST(Capabilities, AnotherValueIsALoss) {
  EXPECT_EQ(lost(R"({"textDocumentSync":{"change":2}})", R"({"textDocumentSync":{"change":1}})"),
            Lost{"textDocumentSync.change is 1, was 2"});
  EXPECT_EQ(lost(R"({"positionEncoding":"utf-8"})", R"({"positionEncoding":"utf-16"})"),
            Lost{"positionEncoding is utf-16, was utf-8"});
}

TEST(Capabilities, SpellingsOfOneThingAreEqual) {
  EXPECT_EQ(lost("{}", R"({"positionEncoding":"utf-16"})"), Lost());
  EXPECT_EQ(lost("{}", R"({"positionEncoding":"utf-8"})"),
            Lost{"positionEncoding is utf-8, was utf-16"});
  EXPECT_EQ(lost(R"({"textDocumentSync":2})",
                 R"({"textDocumentSync":{"openClose":true,"change":2,"save":{}}})"),
            Lost());
  EXPECT_EQ(lost(R"({"textDocumentSync":{"change":2}})", R"({"textDocumentSync":1})"),
            Lost{"textDocumentSync.change is 1, was 2"});
}

TEST(Capabilities, TheOrderOfALegendIsItsMeaning) {
  auto const result = [](std::string_view types) {
    return R"({"capabilities":{"semanticTokensProvider":{"legend":{"tokenModifiers":[],"tokenTypes":[)" +
           std::string(types) + "]}}}}";
  };
  auto const same = compare_capabilities(result(R"("type","macro")"), result(R"("type","macro")"));
  EXPECT_TRUE(same.none());
  for (auto const* types : {R"("macro","type")", R"("type","macro","label")", R"("type")"}) {
    auto const change = compare_capabilities(result(R"("type","macro")"), result(types));
    EXPECT_TRUE(change.legend_changed) << types;
    EXPECT_FALSE(change.none()) << types;
    EXPECT_EQ(describe(change),
              "an unnamed version as before; semantic tokens have another legend");
  }
}

TEST(Capabilities, WhatCannotBeReadCanNothing) {
  auto const before = recorded("v0.23.0");
  for (auto const* now : {"", "null", "7", "{\"capabilities\":", "{\"capabilities\":[]}"}) {
    auto const change = compare_capabilities(before, now);
    EXPECT_GE(change.lost.size(), 20u) << now;
    EXPECT_EQ(change.version_now, "") << now;
  }
  auto const told = describe(compare_capabilities(before, "null"));
  EXPECT_TRUE(told.starts_with("an unnamed version instead of v0.23.0; lost: callHierarchy"))
      << told;
  EXPECT_TRUE(told.ends_with(" more")) << told;
}

TEST(Capabilities, ADeepAnswerIsNoDanger) {
  std::string deep = R"({"capabilities":{"experimental":)";
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  deep += "1" + std::string(100'000, '}') + "}}";
  EXPECT_EQ(compare_capabilities(deep, deep).lost, Lost());
}

TEST(Capabilities, AVersionIsFoundInBuildInformationOrStandsThere) {
  EXPECT_EQ(server_version(R"({"serverInfo":{"version":"1.2"}})"), "1.2");
  EXPECT_EQ(server_version(R"({"serverInfo":{"version":"{\"Version\":\"(devel)\"}"}})"), "(devel)");
  EXPECT_EQ(server_version(R"({"serverInfo":{"version":"{broken"}})"), "{broken");
  EXPECT_EQ(server_version(R"({"serverInfo":{"version":7}})"), "");
  EXPECT_EQ(server_version(R"({"serverInfo":[]})"), "");
  EXPECT_EQ(server_version("{}"), "");
}

}  // namespace
}  // namespace bridge::session
