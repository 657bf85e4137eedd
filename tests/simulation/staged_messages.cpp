// The words of a script and the messages they stand for.
#include <sstream>

#include "tests/simulation/staged_session.h"

namespace bridge::simulation {
namespace {

std::string uri_of(const std::string& name) { return "file:///" + name; }

std::string name_of(const Json& params) {
  std::string const uri = params.at("textDocument").at("uri");
  return uri.substr(uri.rfind('/') + 1);
}

// Ids that are no numbers are strings.
Json id_of(const std::string& word) {
  bool const number = word.find_first_not_of("0123456789") == std::string::npos;
  return number ? Json(std::stoi(word)) : Json(word);
}

std::string id_in_brief(const Json& id) {
  return " #" + (id.is_string() ? id.get<std::string>() : id.dump());
}

std::string details_of(const std::string& method, const Json& params) {
  if (method == "textDocument/didOpen") {
    Json const& item = params.at("textDocument");
    return " " + name_of(params) + " " + item.at("version").dump() + " " + item.at("text").dump();
  }
  if (method == "textDocument/didChange") {
    return " " + name_of(params) + " " + params.at("textDocument").at("version").dump();
  }
  if (method == "textDocument/didClose" || method == "textDocument/foldingRange") {
    return " " + name_of(params);
  }
  if (method == "textDocument/publishDiagnostics") {
    std::string const uri = params.at("uri");
    return " " + uri.substr(uri.rfind('/') + 1) + " " +
           std::to_string(params.at("diagnostics").size());
  }
  if (method == "$/cancelRequest") return id_in_brief(params.at("id"));
  if (method == "$/progress") {
    return " " + params.at("token").get<std::string>() + " " +
           params.at("value").at("kind").get<std::string>();
  }
  if (method == "window/workDoneProgress/create") {
    return " " + params.at("token").get<std::string>();
  }
  std::string text;
  for (const char* const list : {"registrations", "unregisterations"}) {
    if (!params.contains(list)) continue;
    for (Json const& one : params.at(list)) {
      text += " " + one.at("id").get<std::string>();
      if (one.contains("registerOptions")) text += "=" + one.at("registerOptions").dump();
    }
  }
  if (method == "workspace/didChangeConfiguration") return " " + params.at("settings").dump();
  return text;
}

}  // namespace

std::string in_brief(const Json& message) {
  if (!message.contains("method")) {
    std::string const id = id_in_brief(message.at("id"));
    if (!message.contains("error")) return "the answer to" + id;
    return "error " + message.at("error").at("code").dump() + " to" + id;
  }
  auto const method = message.at("method").get<std::string>();
  std::string text = method.substr(method.rfind('/') + 1);
  if (message.contains("id")) text += id_in_brief(message.at("id"));
  return text + details_of(method, message.value("params", Json::object()));
}

Json message_of(const std::string& line) {
  std::istringstream words(line);
  std::string who;
  std::string what;
  std::string one;
  std::string two;
  words >> who >> what >> one >> two;
  std::string rest;
  std::getline(words >> std::ws, rest);
  Json message = {{"jsonrpc", "2.0"}};
  auto const notify = [&message](const char* method, Json params) {
    message["method"] = method;
    message["params"] = std::move(params);
    return message;
  };
  auto const ask = [&message, &one, &notify](const char* method, Json params) {
    message["id"] = id_of(one);
    return notify(method, std::move(params));
  };
  Json const document = {{"uri", uri_of(one)}};
  if (what == "initialize") {
    return ask("initialize", {{"capabilities", {{"window", {{"workDoneProgress", true}}}}}});
  }
  if (what == "initialized") return notify("initialized", Json::object());
  if (what == "open") {
    return notify("textDocument/didOpen", {{"textDocument",
                                            {{"uri", uri_of(one)},
                                             {"languageId", "go"},
                                             {"version", std::stoi(two)},
                                             {"text", rest}}}});
  }
  if (what == "change") {
    return notify("textDocument/didChange",
                  {{"textDocument", {{"uri", uri_of(one)}, {"version", std::stoi(two)}}},
                   {"contentChanges", Json::array({{{"text", rest}}})}});
  }
  if (what == "close") return notify("textDocument/didClose", {{"textDocument", document}});
  if (what == "settings") {
    return notify("workspace/didChangeConfiguration", {{"settings", Json::parse(one)}});
  }
  if (what == "watched") {
    return notify("workspace/didChangeWatchedFiles", {{"changes", Json::array()}});
  }
  if (what == "hover" || what == "rename") {
    return ask(what == "hover" ? "textDocument/hover" : "textDocument/rename",
               {{"textDocument", {{"uri", uri_of("a")}}}});
  }
  if (what == "execute") return ask("workspace/executeCommand", {{"command", two}});
  if (what == "shutdown") return ask("shutdown", nullptr);
  if (what == "exit") return notify("exit", nullptr);
  if (what == "cancel") return notify("$/cancelRequest", {{"id", id_of(one)}});
  if (what == "asks") return ask("workspace/configuration", {{"items", Json::array()}});
  if (what == "registers" || what == "unregisters") {
    Json item = {{"id", two}, {"method", "watch"}};
    if (what == "unregisters") {
      return ask("client/unregisterCapability", {{"unregisterations", Json::array({item})}});
    }
    item["registerOptions"] = rest;
    return ask("client/registerCapability", {{"registrations", Json::array({item})}});
  }
  if (what == "makes-token") return ask("window/workDoneProgress/create", {{"token", two}});
  if (what == "begins" || what == "ends") {
    return notify("$/progress",
                  {{"token", one}, {"value", {{"kind", what == "begins" ? "begin" : "end"}}}});
  }
  if (what == "publishes") {
    Json list = Json::array();
    for (int i = 0; i < std::stoi(two); ++i) list.push_back({{"message", "bad"}});
    return notify("textDocument/publishDiagnostics", {{"uri", uri_of(one)}, {"diagnostics", list}});
  }
  if (what == "answers") {
    message["id"] = id_of(one);
    message["result"] = one.starts_with("gopls-bridge:") || one == "1"
                            ? Json({{"capabilities", Json::object()}})
                            : Json();
    return message;
  }
  return nullptr;
}

}  // namespace bridge::simulation
