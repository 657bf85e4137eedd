#include "proxy/cli/settings.h"

#include <algorithm>
#include <charconv>

#include "proxy/cli/go_duration.h"
#include "proxy/cli/go_flag.h"
#include "proxy/cli/server_address.h"
#include "proxy/lease/runtime_place.h"

namespace bridge::cli {
namespace {

constexpr std::array<std::string_view, 5> kLogLevels = {"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 3> kZeroCopy = {"auto", "on", "off"};
constexpr std::array<std::string_view, 2> kIsolation = {"none", "workspace"};

template <std::size_t kSize>
bool has(const std::array<std::string_view, kSize>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<std::string> complaint_about_duration(const SettingKey& key, std::string_view text) {
  auto const value = parse_duration(text);
  if (!value) return "is no duration, such as \"90s\", \"1h30m\", \"500ms\" or \"off\"";
  if (value->count() < key.min) return "is no time at all";
  if (value->count() <= key.max) return std::nullopt;
  if (key.max < 3'600'000) return "is longer than " + std::to_string(key.max / 60'000) + "m";
  return "is longer than " + std::to_string(key.max / 3'600'000) + "h";
}

template <class Predicate>
const SettingKey* find_if(Predicate predicate) {
  auto const found = std::find_if(kSettingKeys.begin(), kSettingKeys.end(), predicate);
  return found == kSettingKeys.end() ? nullptr : &*found;
}

}  // namespace

const SettingKey* find_key(std::string_view key) {
  return find_if([key](const SettingKey& candidate) { return candidate.key == key; });
}

const SettingKey* find_flag(std::string_view flag) {
  return find_if([flag](const SettingKey& candidate) {
    return !candidate.flag.empty() && candidate.flag == flag;
  });
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "off" || text == "never") return std::chrono::milliseconds(0);
  auto const value = parse_go_duration(text);
  if (!value || *value < std::chrono::nanoseconds(0)) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(*value);
}

bool is_instance_name(std::string_view text) {
  // It becomes a part of units' and files' names too.
  return !text.empty() && text.front() != '.' && text.front() != '-' &&
         lease::instance_complaint(text).empty();
}

std::optional<std::string> complaint_about_value(const SettingKey& key, std::string_view text) {
  if (text.empty()) return "is empty";
  switch (key.type) {
    case SettingType::program:
      // A bare name would be a file of the workspace that happens to be open.
      if (text.find('/') == std::string_view::npos) return "is a name, not a path";
      // gopls looks for a program of that name in PATH; only its directory can be given.
      if (key.id == SettingId::go && !text.ends_with("/go")) return "does not end in /go";
      break;
    case SettingType::path:
      break;  // whether it can be used is found when it is used
    case SettingType::address:
      if (!is_server_address(text))
        return "is no address (/path, unix;/path, 127.0.0.1:port or localhost:port)";
      break;
    case SettingType::integer: {
      auto const value = parse_integer(text);
      if (!value) return "is not a whole number";
      if (*value < key.min || *value > key.max)
        return "is not between " + std::to_string(key.min) + " and " + std::to_string(key.max);
      break;
    }
    case SettingType::boolean:
      if (!parse_go_bool(text)) return "is not true or false";
      break;
    case SettingType::duration:
      return complaint_about_duration(key, text);
    case SettingType::zero_copy:
      if (!has(kZeroCopy, text)) return "is not one of auto, on, off";
      break;
    case SettingType::isolation:
      if (!has(kIsolation, text)) return "is not one of none, workspace";
      break;
    case SettingType::instance:
      if (!is_instance_name(text))
        return "is no name for an instance (letters, digits, \"_\", \".\" and \"-\")";
      break;
    case SettingType::log_level:
      if (!has(kLogLevels, text)) return "is not one of debug, info, warn, error, off";
      break;
  }
  return std::nullopt;
}

}  // namespace bridge::cli
