#include "proxy/session/park/fingerprint.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "proxy/server/proc_stat.h"

namespace bridge::session {
namespace {

using Json = nlohmann::json;

std::string initialize(const std::string& params, const std::string& id = "0") {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":"initialize","params":)" + params + "}";
}

Json vscode() {
  std::ifstream file(BRIDGE_SOURCE_DIR "/tests/e2e/node/vscode_capabilities.json");
  Json params;
  params["processId"] = 4711;
  params["clientInfo"] = {{"name", "Visual Studio Code"}, {"version", "1.100.0"}};
  params["locale"] = "en";
  params["rootPath"] = "/w";
  params["rootUri"] = "file:///w";
  params["capabilities"] = Json::parse(file);
  params["initializationOptions"] = {{"gofumpt", true}, {"env", {{"A", "1"}}}};
  params["trace"] = "off";
  params["workspaceFolders"] = {{{"uri", "file:///w"}, {"name", "w"}}};
  params["workDoneToken"] = "f3a6";
  return params;
}

std::string identity(const Json& params) { return identity_of(initialize(params.dump())); }

TEST(Identity, IsADigest) {
  std::string const digest = identity(vscode());
  EXPECT_EQ(digest.size(), 16U);
  EXPECT_EQ(digest.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST(Identity, WhoAsksIsLeftAside) {
  std::string const before = identity(vscode());
  Json again = vscode();
  again["processId"] = 4712;
  again["clientInfo"]["version"] = "1.101.0";
  again["workDoneToken"] = 9;
  EXPECT_EQ(identity(again), before);
  again["partialResultToken"] = "p";
  EXPECT_EQ(identity(again), before);
  again.erase("workDoneToken");
  again.erase("processId");
  again["clientInfo"].erase("version");
  EXPECT_EQ(identity(again), before);
  EXPECT_EQ(identity_of(initialize(vscode().dump(), R"("other")")), before);
}

TEST(Identity, SpacesAndTheOrderOfNamesAreLeftAside) {
  EXPECT_EQ(identity(vscode()), identity_of(initialize(vscode().dump(2))));
  EXPECT_EQ(identity_of(initialize(R"({"a":1,"b":{"c":[1,2],"d":"\u00e9"}})")),
            identity_of(initialize(R"( { "b" : {"d":"é", "c":[1, 2]}, "a":1 } )")));
}

TEST(Identity, EverythingElseCounts) {
  std::string const before = identity(vscode());
  for (auto const& [pointer, value] :
       {std::pair<std::string, Json>{"/clientInfo/name", "Cursor"},
        {"/locale", "de"},
        {"/rootPath", "/v"},
        {"/rootUri", "file:///v"},
        {"/capabilities/workspace/configuration", false},
        {"/capabilities/textDocument/hover", nullptr},
        {"/capabilities/experimental", Json::object()},
        {"/initializationOptions/gofumpt", false},
        {"/initializationOptions/env/A", "2"},
        {"/initializationOptions/new", 0},
        {"/trace", "verbose"},
        {"/workspaceFolders/0/name", "v"},
        {"/workspaceFolders/1", {{"uri", "file:///v"}, {"name", "v"}}},
        {"/new", nullptr}}) {
    Json other = vscode();
    other[Json::json_pointer(pointer)] = value;
    EXPECT_NE(identity(other), before) << pointer;
  }
}

TEST(Identity, TheOrderOfListsCounts) {
  EXPECT_NE(identity_of(initialize(R"({"a":[1,2]})")), identity_of(initialize(R"({"a":[2,1]})")));
}

TEST(Identity, ANumberIsNoText) {
  EXPECT_NE(identity_of(initialize(R"({"a":1})")), identity_of(initialize(R"({"a":"1"})")));
  EXPECT_NE(identity_of(initialize(R"({"a":null})")), identity_of(initialize(R"({})")));
}

// A name of the left-out ones elsewhere is not who asks.
TEST(Identity, OnlyTheTopLevelsOwnNamesAreLeftAside) {
  EXPECT_NE(identity_of(initialize(R"({"initializationOptions":{"processId":1}})")),
            identity_of(initialize(R"({"initializationOptions":{"processId":2}})")));
  EXPECT_NE(identity_of(initialize(R"({"version":1})")),
            identity_of(initialize(R"({"version":2})")));
}

TEST(Identity, WhatCannotBeReadHasNone) {
  EXPECT_EQ(identity_of(""), "");
  EXPECT_EQ(identity_of("{"), "");
  EXPECT_EQ(identity_of("[]"), "");
  EXPECT_EQ(identity_of(R"({"method":"initialize"})"), "");
  EXPECT_EQ(identity_of(R"({"params":[]})"), "");
  EXPECT_EQ(identity_of(R"({"params":{}} x)"), "");
}

TEST(Identity, DepthIsBounded) {
  auto const nested = [](std::size_t depth) {
    return initialize(R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}");
  };
  EXPECT_NE(identity_of(nested(40)), "");
  EXPECT_EQ(identity_of(nested(100)), "");
  EXPECT_EQ(identity_of(nested(100'000)), "");
  EXPECT_EQ(identity_of(std::string(100'000, '[')), "");
}

TEST(Identity, TextThatIsNoUtf8HasNone) {
  EXPECT_EQ(identity_of(initialize("{\"a\":\"\xff\"}")), "");
}

std::string name_of(pid_t pid) {
  return std::to_string(pid) + ':' + std::to_string(server::process_start(pid).value_or(0));
}

TEST(Parker, IsTheProcessThatTheEditorNames) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  pid_t const editor = ::fork();
  ASSERT_GE(editor, 0);
  if (editor == 0) {  // lives until we close our end
    ::close(ends[1]);
    char byte = 0;
    ::_exit(static_cast<int>(::read(ends[0], &byte, 1)));
  }
  ::close(ends[0]);
  EXPECT_EQ(parker_of(initialize(R"({"processId":)" + std::to_string(editor) + "}")),
            name_of(editor));
  ::close(ends[1]);
  EXPECT_EQ(::waitpid(editor, nullptr, 0), editor);
}

// It would be another one at each start, and what it parked would come back to it.
TEST(Parker, IsOurParentWhereTheEditorNamesUs) {
  EXPECT_EQ(parker_of(initialize(R"({"processId":)" + std::to_string(::getpid()) + "}")),
            name_of(::getppid()));
}

TEST(Parker, IsOurParentWhereTheEditorNamesNone) {
  std::string const parent = name_of(::getppid());
  EXPECT_EQ(parker_of(initialize("{}")), parent);
  EXPECT_EQ(parker_of(initialize(R"({"processId":null})")), parent);
  EXPECT_EQ(parker_of(initialize(R"({"processId":-1})")), parent);
  EXPECT_EQ(parker_of(initialize(R"({"processId":0})")), parent);
  EXPECT_EQ(parker_of(initialize(R"({"processId":"7"})")), parent);
  EXPECT_EQ(parker_of(initialize(R"({"processId":1.5})")), parent);
  EXPECT_EQ(parker_of("no json"), parent);
}

// Beyond what Linux gives (4194304, proc(5) on pid_max) there is no process.
TEST(Parker, IsOurParentWhereTheOneNamedIsNotThere) {
  EXPECT_EQ(parker_of(initialize(R"({"processId":4194305})")), name_of(::getppid()));
  EXPECT_EQ(parker_of(initialize(R"({"processId":99999999999999999999})")), name_of(::getppid()));
}

}  // namespace
}  // namespace bridge::session
