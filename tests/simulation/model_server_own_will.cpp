// What the model server does without being asked.
#include <utility>

#include "tests/simulation/model_server.h"

namespace bridge::simulation {

void ModelServer::on_document_changed(const std::string& uri) {
  auto const at = state_.documents.find(uri);
  if (at != state_.documents.end() && at->second.text.utf8().find(kPoison) != std::string::npos) {
    later(some(milliseconds(500)), [this, uri] {
      auto const now = state_.documents.find(uri);
      if (now != state_.documents.end() &&
          now->second.text.utf8().find(kPoison) != std::string::npos) {
        die_of_poison();
      }
    });
  }
  if (loaded_) later(some(milliseconds(300)), [this, uri] { publish_of(uri); });
}

void ModelServer::load() {
  Json const token = std::to_string(conduct_.number) + "-load";
  auto const report = [this, token](const char* kind) {
    notify("$/progress", {{"token", token}, {"value", {{"kind", kind}, {"title", "load"}}}});
  };
  auto const end = [this, report] {
    loaded_ = true;
    for (auto const& [uri, document] : state_.documents) publish_of(uri);
    // Files that nobody has open. Which of them are bad depends on the program.
    for (int i = 0; i < 3; ++i) {
      if ((i + conduct_.version) % 3 == 0) publish("file:///w/package" + std::to_string(i), 1);
    }
    if (conduct_.reports_load) report("end");
  };
  if (!conduct_.reports_load) return later(some(conduct_.load_max), end);
  ask("window/workDoneProgress/create", {{"token", token}}, [this, report, end](const Json&) {
    report("begin");
    later(some(conduct_.load_max), end);
  });
}

void ModelServer::publish_of(const std::string& uri) {
  auto const at = state_.documents.find(uri);
  publish(uri, at == state_.documents.end() ? 0 : static_cast<int>(at->second.text.hash() % 3));
}

void ModelServer::publish(const std::string& uri, int count) {
  auto const reported = state_.diagnostics.find(uri);
  int const before = reported == state_.diagnostics.end() ? 0 : reported->second;
  // What is empty, and was, is sometimes said again.
  if (before == count && !dice_.percent(20)) return;
  if (count == 0) {
    state_.diagnostics.erase(uri);
  } else {
    state_.diagnostics[uri] = count;
  }
  Json list = Json::array();
  for (int i = 0; i < count; ++i) list.push_back({{"message", "bad"}});
  notify("textDocument/publishDiagnostics", {{"uri", uri}, {"diagnostics", list}});
}

void ModelServer::register_watchers() {
  std::string const id = "workspace/didChangeWatchedFiles-" + std::to_string(watchers_++);
  std::string const method = "workspace/didChangeWatchedFiles";
  Json watchers = Json::array();
  for (std::string const& folder : state_.folders) watchers.push_back({{"globPattern", folder}});
  // Versions differ in what they watch, but not each from the one before.
  if (conduct_.version >= 3) watchers.push_back({{"globPattern", "go.work"}});
  Json const options = {{"watchers", watchers}};
  Json list = Json::array({{{"id", id}, {"method", method}, {"registerOptions", options}}});
  if (watchers_id_.empty()) {
    list.push_back({{"id", "workspace/didChangeConfiguration"},
                    {"method", "workspace/didChangeConfiguration"}});
    state_.registered["workspace/didChangeConfiguration"] =
        Json({"workspace/didChangeConfiguration", nullptr}).dump();
  }
  state_.registered[id] = Json({method, options}).dump();
  std::string const former = std::exchange(watchers_id_, id);
  ask("client/registerCapability", {{"registrations", list}}, [this, former, method](const Json&) {
    if (former.empty()) return;
    state_.registered.erase(former);
    ask("client/unregisterCapability",
        {{"unregisterations", Json::array({{{"id", former}, {"method", method}}})}},
        [](const Json&) {});
  });
}

void ModelServer::chat() {
  switch (dice_.below(4)) {
    case 0:
      return notify("window/logMessage", {{"type", 3}, {"message", "busy"}});
    case 1: {
      int const id = asked_ + 1;
      ask("window/showMessageRequest", {{"type", 3}, {"message", "what now?"}}, [](const Json&) {});
      if (dice_.percent(50)) {
        later(some(seconds(2)), [this, id] {
          if (unanswered_.count(id) != 0) notify("$/cancelRequest", {{"id", id}});
        });
      }
      return;
    }
    case 2: {
      Json const token = std::to_string(conduct_.number) + "-" + std::to_string(asked_);
      ask("window/workDoneProgress/create", {{"token", token}}, [this, token](const Json&) {
        notify("$/progress", {{"token", token}, {"value", {{"kind", "begin"}, {"title", "w"}}}});
        later(some(seconds(3)), [this, token] {
          notify("$/progress", {{"token", token}, {"value", {{"kind", "end"}}}});
        });
      });
      return;
    }
    default:
      ask("workspace/configuration", {{"items", Json::array({{{"section", "gopls"}}})}},
          [](const Json&) {});
      return;
  }
}

}  // namespace bridge::simulation
