// What a lost server has left behind in the editor: diagnostics, registrations. Sorted out when the
// next one has loaded and is quiet.
#include <set>

#include "tests/outlive/outlive_fixture.h"

namespace bridge::outlive {
namespace {

struct LeftOver : Outlive {
  void server_sends(const Json& message) {
    Json whole = {{"jsonrpc", "2.0"}};
    whole.update(message);
    client->notify("fake/send", whole);
  }
  void publish(const std::string& uri, bool faulty) {
    Json all = Json::array();
    Json const start = {{"line", 0}, {"character", 0}};
    if (faulty) all.push_back({{"range", {{"start", start}, {"end", start}}}, {"message", "bad"}});
    server_sends({{"method", "textDocument/publishDiagnostics"},
                  {"params", {{"uri", uri}, {"diagnostics", all}}}});
  }
  void wait_published(const std::string& uri, bool faulty) {
    client->wait_notification("textDocument/publishDiagnostics", [&](auto const& params) {
      return params["uri"] == uri && params["diagnostics"].empty() != faulty;
    });
  }
  void register_capability(std::int64_t id, const std::string& name, const std::string& glob) {
    Json const watchers = Json::array({{{"globPattern", glob}}});
    server_sends(
        {{"id", id},
         {"method", "client/registerCapability"},
         {"params",
          {{"registrations", Json::array({{{"id", name},
                                           {"method", "workspace/didChangeWatchedFiles"},
                                           {"registerOptions", {{"watchers", watchers}}}}})}}}});
  }
  // As gopls does when it has loaded: the bridge then waits for 2 s of quiet instead of 5 and 2.
  void load() {
    server_sends({{"id", 900},
                  {"method", "window/workDoneProgress/create"},
                  {"params", {{"token", "load"}}}});
    for (auto const* const kind : {"begin", "end"})
      server_sends({{"method", "$/progress"},
                    {"params", {{"token", "load"}, {"value", {{"kind", kind}, {"title", "t"}}}}}});
  }
  // What the editor has registered by now; complains about ids that are there twice, or never were.
  std::set<std::string> registered() const {
    std::set<std::string> ids;
    for (auto const& request : client->server_requests()) {
      auto const& params = request["params"];
      for (auto const& each : params.value("registrations", Json::array()))
        EXPECT_TRUE(ids.insert(each["id"]).second) << each;
      for (auto const& each : params.value("unregisterations", Json::array()))
        EXPECT_EQ(ids.erase(each["id"]), 1U) << each;
    }
    return ids;
  }
  // Registrations and unregisterations that the editor was asked for.
  std::size_t asked_for(const std::string& list) const {
    std::size_t count = 0;
    for (auto const& each : client->server_requests())
      count += each["params"].value(list, Json::array()).size();
    return count;
  }
};

TEST_F(LeftOver, DiagnosticsThatTheNextServerDoesNotRepeatAreCleared) {
  begin({""});
  publish("file:///m/gone.go", true);
  publish("file:///m/still.go", true);
  wait_published("file:///m/gone.go", true);
  wait_published("file:///m/still.go", true);
  panic();
  expect_hover();
  publish("file:///m/still.go", true);
  wait_published("file:///m/still.go", true);
  load();
  wait_published("file:///m/gone.go", false);
  // Nothing was said about the other since.
  auto const& bytes = child->received();
  auto const last = bytes.rfind("still.go");
  EXPECT_NE(bytes.substr(last, 200).find("bad"), std::string::npos) << bytes.substr(last, 200);
  shut_down();
}

TEST_F(LeftOver, RegistrationsAreNotRepeatedAndThoseOfTheLostServerAloneAreTakenBack) {
  begin({"--keep"});
  register_capability(1, "equal", "**/*.go");
  register_capability(2, "other", "**/*.mod");
  register_capability(3, "gone", "**/*.work");
  expect_hover();
  panic();
  expect_hover();
  register_capability(1, "equal", "**/*.go");
  register_capability(2, "other", "**/*.sum");
  load();
  while (asked_for("unregisterations") < 2) expect_hover();
  EXPECT_EQ(asked_for("registrations"), 4U) << "three, and the one that is different";
  auto const ids = registered();
  EXPECT_EQ(ids.size(), 2U);
  EXPECT_EQ(ids.count("equal"), 1U);
  EXPECT_EQ(ids.count("gone"), 0U);
  EXPECT_EQ(received_answers(1), 1U) << "the bridge answers what the editor need not see";
  EXPECT_EQ(received_answers(2), 1U);
  shut_down();
}

}  // namespace
}  // namespace bridge::outlive
