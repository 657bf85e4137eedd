#include "proxy/session/replay/server_registrations.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bridge::session {
namespace {

using Json = nlohmann::ordered_json;

Json parse(std::string_view text) { return Json::parse(text, nullptr, /*exceptions=*/false); }

// gopls spells the second list as the specification does, with its missing letter.
constexpr const char* kRegistrations = "registrations";
constexpr const char* kUnregistrations = "unregisterations";

Json* list_in(Json& message, const char* name) {
  if (!message.is_object() || !message.contains("params")) return nullptr;
  Json& params = message["params"];
  if (!params.is_object() || !params.contains(name) || !params[name].is_array()) return nullptr;
  return &params[name];
}

std::string text_of(const Json& object, const char* name) {
  auto const at = object.is_object() ? object.find(name) : object.end();
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// Members in one order, and the watchers too: gopls lists them as its maps do.
nlohmann::json options_of(const Json& registration) {
  auto const at = registration.find("registerOptions");
  if (at == registration.end()) return {};
  auto options = nlohmann::json::parse(at->dump(-1, ' ', false, Json::error_handler_t::replace));
  if (options.is_object() && options.contains("watchers") && options["watchers"].is_array()) {
    std::sort(options["watchers"].begin(), options["watchers"].end());
  }
  return options;
}

bool same_content(const Json& left, const Json& right) {
  return text_of(left, "method") == text_of(right, "method") &&
         options_of(left) == options_of(right);
}

}  // namespace

void ServerRegistrations::lose(const std::vector<Registration>& present) {
  unclaimed_ = present;
  ids_.clear();
  for (Registration const& registration : present) {
    if (std::find(taken_.begin(), taken_.end(), registration.id) == taken_.end()) {
      taken_.push_back(registration.id);
    }
  }
}

ServerRegistrations::Outcome ServerRegistrations::on_register(std::string_view body) {
  Json message = parse(body);
  Json* const list = list_in(message, kRegistrations);
  if (list == nullptr) return {};
  Json kept = Json::array();
  bool changed = false;
  for (Json& registration : *list) {
    std::string const id = text_of(registration, "id");
    auto const equal = std::find_if(unclaimed_.begin(), unclaimed_.end(),
                                    [&registration](const Registration& known) {
                                      Json const raw = parse(known.raw);
                                      return raw.is_object() && same_content(raw, registration);
                                    });
    if (equal != unclaimed_.end()) {
      ids_.emplace_back(id, equal->id);
      unclaimed_.erase(equal);
      changed = true;
      continue;
    }
    if (std::find(taken_.begin(), taken_.end(), id) != taken_.end()) {
      ids_.emplace_back(id, "gopls-bridge:" + std::to_string(++count_));
      registration["id"] = ids_.back().second;
      changed = true;
    }
    kept.push_back(registration);
  }
  if (!changed) return {};
  if (kept.empty()) return {.swallow = true, .body = {}};
  *list = std::move(kept);
  return {.swallow = false, .body = message.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

ServerRegistrations::Outcome ServerRegistrations::on_unregister(std::string_view body) const {
  Json message = parse(body);
  Json* const list = list_in(message, kUnregistrations);
  if (list == nullptr) return {};
  bool changed = false;
  for (Json& entry : *list) {
    std::string const id = text_of(entry, "id");
    // The last one counts: a server may register an id again.
    auto const known = std::find_if(ids_.rbegin(), ids_.rend(),
                                    [&id](const auto& pair) { return pair.first == id; });
    if (known == ids_.rend()) continue;
    entry["id"] = known->second;
    changed = true;
  }
  if (!changed) return {};
  return {.swallow = false, .body = message.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

std::optional<std::string> ServerRegistrations::take_left_over() {
  if (unclaimed_.empty()) return std::nullopt;
  Json list = Json::array();
  for (Registration const& registration : unclaimed_) {
    Json entry = Json::object();
    entry["id"] = registration.id;
    entry["method"] = registration.method;
    list.push_back(std::move(entry));
  }
  unclaimed_.clear();
  Json params = Json::object();
  params[kUnregistrations] = std::move(list);
  return params.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bridge::session
