#include "proxy/session/capabilities.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace bridge::session {
namespace {

using Json = nlohmann::json;

constexpr char kLegend[] = "legend";
// LSP nests six deep. nlohmann compares and prints by recursion, so what a server may send is cut.
constexpr int kDepthMax = 32;
// Of a list of losses in one line of the log.
constexpr std::size_t kToldMax = 8;
constexpr std::size_t kVersionBytesMax = 64;

Json parse(std::string_view text) {
  auto const shallow = [](int depth, Json::parse_event_t, const Json&) {
    return depth <= kDepthMax;
  };
  auto parsed = Json::parse(text, shallow, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : Json::object();
}

// Null where it is no object, too.
Json member(const Json& object, const char* name) {
  auto const found = object.find(name);
  return found == object.end() ? Json() : *found;
}

bool is_absent(const Json& value) { return value.is_null() || value == false; }

std::string in_words(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Comparison {
 public:
  explicit Comparison(CapabilityChange& change) : change_(change) {}

  void compare(const std::string& path, const Json& before, const Json& now) {
    if (is_absent(before)) return;
    if (is_absent(now)) return lose(path);
    if (before.is_object()) return compare_options(path, before, now);
    if (before.is_array()) return compare_lists(path, before, now);
    if (before == true && (now.is_object() || now == true)) return;
    if (before != now) lose(path + " is " + in_words(now) + ", was " + in_words(before));
  }

 private:
  // `true` is an ability without options.
  void compare_options(const std::string& path, const Json& before, const Json& now) {
    for (auto const& [name, value] : before.items()) {
      if (name == kLegend) {
        change_.legend_changed = change_.legend_changed || member(now, kLegend) != value;
      } else {
        std::string below = path;
        if (!below.empty()) below += '.';
        compare(below += name, value, member(now, name.c_str()));
      }
    }
  }

  void compare_lists(const std::string& path, const Json& before, const Json& now) {
    for (auto const& entry : before) {
      if (!now.is_array() || std::find(now.begin(), now.end(), entry) == now.end())
        lose(path + ": " + in_words(entry));
    }
  }

  void lose(std::string what) { change_.lost.push_back(std::move(what)); }

  CapabilityChange& change_;
};

// What LSP has two spellings for, or a value of its own where nothing is said.
Json capabilities_of(const Json& result) {
  auto capabilities = member(result, "capabilities");
  if (!capabilities.is_object()) capabilities = Json::object();
  if (!capabilities.contains("positionEncoding")) capabilities["positionEncoding"] = "utf-16";
  auto const sync = member(capabilities, "textDocumentSync");
  if (sync.is_number()) capabilities["textDocumentSync"] = {{"openClose", true}, {"change", sync}};
  return capabilities;
}

std::string version_of(const Json& result) {
  auto const info = member(result, "serverInfo");
  auto const version = info.is_object() ? member(info, "version") : Json();
  if (!version.is_string()) return {};
  auto text = version.get<std::string>();
  if (text.starts_with('{')) {
    auto const of_gopls = member(parse(text), "Version");
    if (of_gopls.is_string()) text = of_gopls.get<std::string>();
  }
  text.resize(std::min(text.size(), kVersionBytesMax));
  return text;
}

}  // namespace

CapabilityChange compare_capabilities(std::string_view result_before, std::string_view result_now) {
  auto const before = parse(result_before);
  auto const now = parse(result_now);
  CapabilityChange change;
  change.version_before = version_of(before);
  change.version_now = version_of(now);
  Comparison(change).compare("", capabilities_of(before), capabilities_of(now));
  return change;
}

std::string describe(const CapabilityChange& change) {
  auto const named = [](const std::string& version) {
    return version.empty() ? std::string("an unnamed version") : version;
  };
  std::string text = named(change.version_now);
  if (change.version_now == change.version_before)
    text += " as before";
  else
    text += " instead of " + named(change.version_before);
  for (std::size_t i = 0; i < std::min(change.lost.size(), kToldMax); ++i)
    text += (i == 0 ? "; lost: " : ", ") + change.lost[i];
  if (change.lost.size() > kToldMax)
    text += " and " + std::to_string(change.lost.size() - kToldMax) + " more";
  if (change.legend_changed) text += "; semantic tokens have another legend";
  return text;
}

std::string server_version(std::string_view result) { return version_of(parse(result)); }

}  // namespace bridge::session
