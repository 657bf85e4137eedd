#include "proxy/cli/status_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace bridge::cli {
namespace {

using Json = nlohmann::ordered_json;

// Those that may come more than once are always lists.
constexpr std::array<std::string_view, 4> kLists = {"folder", "env", "control", "lsp"};
// What is text also where it looks like a number.
constexpr std::array<std::string_view, 16> kTexts = {
    "version", "instance",   "started", "directory", "last_refusal", "server", "key",    "gopls",
    "go",      "go_version", "cgroup",  "scope",     "log",          "editor", "reason", "session"};

template <std::size_t kSize>
bool has(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Json object(const lease::ControlMessage& message) {
  Json result = Json::object();
  for (auto const& [name, value] : message.fields) {
    if (has(kLists, name)) {
      result[name].push_back(value);
    } else if (auto const number = message.number(name); number && !has(kTexts, name)) {
      result[name] = *number;
    } else {
      result[name] = value;
    }
  }
  return result;
}

}  // namespace

std::string status_json(const DaemonAnswer& answer) {
  Json status;
  status["running"] = answer.kind != DaemonAnswer::Kind::none;
  if (answer.kind != DaemonAnswer::Kind::answered) {
    status["directory"] = answer.directory;
    if (!answer.words.empty()) status["problem"] = answer.words;
    status["systemd_waits"] = answer.systemd_waits;
  }
  if (answer.kind == DaemonAnswer::Kind::answered) status["daemon"] = Json::object();
  status["servers"] = Json::array();
  status["sessions"] = Json::array();
  status["parked"] = Json::array();
  for (auto const& message : answer.messages) {
    if (message.verb == "daemon") status["daemon"] = object(message);
    if (message.verb == "server") status["servers"].push_back(object(message));
    if (message.verb == "session") status["sessions"].push_back(object(message));
    if (message.verb == "parked") status["parked"].push_back(object(message));
  }
  // Folders are bytes: what is no UTF-8 is replaced.
  return status.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace bridge::cli
