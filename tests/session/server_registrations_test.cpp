// What servers that follow each other register with one editor.
#include "proxy/session/replay/server_registrations.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bridge::session {
namespace {

using Json = nlohmann::json;

Json watch(const std::string& id, const std::vector<std::string>& globs) {
  Json watchers = Json::array();
  for (std::string const& glob : globs) watchers.push_back({{"globPattern", glob}});
  return {{"id", id},
          {"method", "workspace/didChangeWatchedFiles"},
          {"registerOptions", {{"watchers", watchers}}}};
}

std::string registering(const std::vector<Json>& list) {
  return Json{{"jsonrpc", "2.0"},
              {"id", 5},
              {"method", "client/registerCapability"},
              {"params", {{"registrations", list}}}}
      .dump();
}

std::string unregistering(const std::string& id) {
  return Json{
      {"jsonrpc", "2.0"},
      {"id", 6},
      {"method", "client/unregisterCapability"},
      {"params",
       {{"unregisterations", {{{"id", id}, {"method", "workspace/didChangeWatchedFiles"}}}}}}}
      .dump();
}

Registration known(const Json& registration) {
  return {.id = registration["id"], .method = registration["method"], .raw = registration.dump()};
}

struct Registrations : testing::Test {
  ServerRegistrations registrations;

  // The ids that the editor is shown.
  static std::vector<std::string> ids(const std::string& body, const char* list) {
    std::vector<std::string> all;
    Json const message = Json::parse(body);
    for (auto const& entry : message["params"][list]) all.push_back(entry["id"]);
    return all;
  }
};

using Ids = std::vector<std::string>;

TEST_F(Registrations, OfTheFirstServerPassAsTheyAre) {
  auto const outcome = registrations.on_register(registering({watch("w-0", {"*.go"})}));
  EXPECT_FALSE(outcome.swallow);
  EXPECT_EQ(outcome.body, std::nullopt);
  EXPECT_FALSE(registrations.busy());
}

TEST_F(Registrations, AnEqualOneIsNotShownAgainWhateverItsIdAndOrder) {
  registrations.lose({known(watch("w-3", {"*.go", "*.mod"}))});
  EXPECT_TRUE(registrations.on_register(registering({watch("w-0", {"*.mod", "*.go"})})).swallow);
  EXPECT_EQ(registrations.take_left_over(), std::nullopt);
}

TEST_F(Registrations, ALaterUnregistrationHitsTheEditorsId) {
  registrations.lose({known(watch("w-3", {"*.go"}))});
  registrations.on_register(registering({watch("w-0", {"*.go"})}));
  auto const outcome = registrations.on_unregister(unregistering("w-0"));
  ASSERT_TRUE(outcome.body);
  EXPECT_EQ(ids(*outcome.body, "unregisterations"), Ids{"w-3"});
}

TEST_F(Registrations, AnotherContentUnderAKnownIdGetsAnIdOfItsOwn) {
  registrations.lose({known(watch("w-0", {"*.go"}))});
  auto const outcome = registrations.on_register(registering({watch("w-0", {"*.work"})}));
  ASSERT_TRUE(outcome.body);
  EXPECT_EQ(ids(*outcome.body, "registrations"), Ids{"gopls-bridge:1"});
  auto const gone = registrations.on_unregister(unregistering("w-0"));
  ASSERT_TRUE(gone.body);
  EXPECT_EQ(ids(*gone.body, "unregisterations"), Ids{"gopls-bridge:1"});
  auto const left_over = registrations.take_left_over();
  ASSERT_TRUE(left_over);
  EXPECT_EQ(Json::parse(*left_over)["unregisterations"][0]["id"], "w-0");
}

TEST_F(Registrations, OfAListOnlyTheNewOnesAreShown) {
  registrations.lose({known(watch("a", {"*.go"}))});
  auto const outcome =
      registrations.on_register(registering({watch("a", {"*.go"}), watch("b", {"*.mod"})}));
  ASSERT_TRUE(outcome.body);
  EXPECT_EQ(ids(*outcome.body, "registrations"), Ids{"b"});
  EXPECT_EQ(Json::parse(*outcome.body)["id"], 5);
}

TEST_F(Registrations, WhatIsNotRegisteredAgainIsTakenBackOnce) {
  registrations.lose({known(watch("a", {"*.go"})), known(watch("b", {"*.mod"}))});
  registrations.on_register(registering({watch("c", {"*.mod"})}));
  auto const left_over = registrations.take_left_over();
  ASSERT_TRUE(left_over);
  EXPECT_EQ(
      Json::parse(*left_over),
      (Json{{"unregisterations", {{{"id", "a"}, {"method", "workspace/didChangeWatchedFiles"}}}}}));
  EXPECT_EQ(registrations.take_left_over(), std::nullopt);
}

TEST_F(Registrations, MessagesThatAreNoneOfTheSpecificationPass) {
  registrations.lose({known(watch("a", {"*.go"}))});
  for (std::string const body :
       {"", "[]", "{}", R"({"params":[]})", R"({"params":{"registrations":7}})",
        R"({"params":{"registrations":[7,null,{"id":3}]}})"}) {
    EXPECT_FALSE(registrations.on_register(body).swallow) << body;
    EXPECT_EQ(registrations.on_unregister(body).body, std::nullopt) << body;
  }
}

}  // namespace
}  // namespace bridge::session
