#include "tests/rigs/lsp_client.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bridge::rigs {
namespace {

// The part of VS Code's capabilities that changes what gopls does.
Json capabilities() {
  return Json::parse(R"({
    "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true},
      "didChangeConfiguration": {"dynamicRegistration": true}, "configuration": true,
      "didChangeWatchedFiles": {"dynamicRegistration": true, "relativePatternSupport": true},
      "workspaceFolders": true},
    "textDocument": {"publishDiagnostics": {"relatedInformation": true, "versionSupport": true},
      "synchronization": {"dynamicRegistration": true, "didSave": true},
      "hover": {"contentFormat": ["markdown", "plaintext"]},
      "completion": {"completionItem": {"snippetSupport": true}},
      "rename": {"prepareSupport": true}},
    "window": {"workDoneProgress": true},
    "general": {"positionEncodings": ["utf-16"]}})");
}

}  // namespace

std::string file_uri(const std::string& path) { return "file://" + path; }

std::int64_t LspClient::send_request(std::string_view method, Json params) {
  auto const id = ++last_id_;
  Json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  child_.send_frame(message.dump());
  return id;
}

void LspClient::notify(std::string_view method, Json params) {
  Json message = {{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  child_.send_frame(message.dump());
}

void LspClient::read_one(std::string_view what) {
  auto const body = child_.read_frame();
  if (!body)
    throw std::runtime_error("stdout ended before " + std::string(what) +
                             "\n  its stderr: " + child_.errors());
  auto message = Json::parse(*body);
  if (!message.contains("method")) {
    answers_.push_back(std::move(message));
  } else if (!message.contains("id")) {
    notifications_.push_back(std::move(message));
  } else {
    Json result = nullptr;
    if (message["method"] == "workspace/configuration")
      result = Json::array_t(message["params"]["items"].size(), nullptr);
    if (child_.stdin_open())
      child_.send_frame(Json{{"jsonrpc", "2.0"}, {"id", message["id"]}, {"result", result}}.dump());
    server_requests_.push_back(std::move(message));
  }
}

Json LspClient::wait_answer(std::int64_t id) {
  for (;;) {
    auto const found = std::find_if(answers_.begin(), answers_.end(), [id](auto const& answer) {
      return answer.value("id", -1) == id;
    });
    if (found != answers_.end()) {
      auto answer = std::move(*found);
      answers_.erase(found);
      return answer;
    }
    read_one("the answer to request " + std::to_string(id));
  }
}

Json LspClient::request(std::string_view method, Json params) {
  return wait_answer(send_request(method, std::move(params)));
}

Json LspClient::wait_notification(std::string_view method,
                                  const std::function<bool(const Json&)>& fits) {
  for (;;) {
    auto const found =
        std::find_if(notifications_.begin(), notifications_.end(), [&](auto const& message) {
          return message["method"] == method && (!fits || fits(message["params"]));
        });
    if (found != notifications_.end()) {
      auto params = std::move((*found)["params"]);
      notifications_.erase(found);
      return params;
    }
    read_one(method);
  }
}

Json LspClient::initialize(const std::string& root_directory) {
  auto answer = request(
      "initialize",
      {{"processId", ::getpid()},
       {"rootUri", file_uri(root_directory)},
       {"capabilities", capabilities()},
       {"workspaceFolders", Json::array({{{"uri", file_uri(root_directory)}, {"name", "test"}}})}});
  notify("initialized", Json::object());
  return answer;
}

void LspClient::open(const std::string& path, std::string_view text) {
  notify("textDocument/didOpen",
         {{"textDocument",
           {{"uri", file_uri(path)}, {"languageId", "go"}, {"version", 1}, {"text", text}}}});
}

Json LspClient::hover(const std::string& path, int line, int character) {
  return request("textDocument/hover", {{"textDocument", {{"uri", file_uri(path)}}},
                                        {"position", {{"line", line}, {"character", character}}}});
}

}  // namespace bridge::rigs
