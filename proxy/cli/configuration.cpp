#include "proxy/cli/configuration.h"

#include <algorithm>
#include <utility>

#include "proxy/cli/go_flag.h"
#include "proxy/exit_codes.h"
#include "proxy/server/tried_programs.h"

namespace bridge::cli {
namespace {

constexpr char kFileBelowConfigHome[] = "/gopls-bridge/config.toml";

// XDG base directories: a relative XDG_CONFIG_HOME is to be ignored.
std::string default_file(const server::Environment& environment) {
  if (auto const directory = environment.get("XDG_CONFIG_HOME"); directory.starts_with('/'))
    return std::string(directory) + kFileBelowConfigHome;
  if (auto const home = environment.get("HOME"); home.starts_with('/'))
    return std::string(home) + "/.config" + kFileBelowConfigHome;
  return {};
}

// Known before the file is read, which has settings for it. A name that cannot be one is refused
// when its layer is read.
std::string_view chosen_instance(const server::Environment& environment,
                                 const std::vector<OwnFlag>& flags) {
  auto const& key = key_of(SettingId::instance);
  std::string_view name = environment.get(key.variable);
  for (auto const& flag : flags)
    if (flag.name == key.flag) name = flag.value;
  return name;
}

std::optional<std::string> read_file(const server::Environment& environment,
                                     const std::vector<OwnFlag>& flags,
                                     Configuration& configuration) {
  configuration.file = default_file(environment);
  bool required = false;
  if (auto const file = environment.get(kConfigVariable); !file.empty()) {
    configuration.file = expand_home(file, environment.get("HOME"));
    // As paths in variables below: a relative one would be the open workspace's.
    if (!configuration.file.starts_with('/'))
      return std::string(kConfigVariable) + "=" + configuration.file + " is not an absolute path";
    required = true;
  }
  for (auto const& flag : flags) {
    if (flag.name != kConfigFlag) continue;
    configuration.file = flag.value;
    required = true;
  }
  if (configuration.file.empty()) return std::nullopt;
  return read_config_file(configuration.file, required, chosen_instance(environment, flags),
                          configuration);
}

std::optional<std::string> read_variables(const server::Environment& environment,
                                          Configuration& configuration) {
  for (auto const* entry = environment.entries(); entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view const text = *entry;
    if (!text.starts_with(kVariablePrefix)) continue;
    auto const name = text.substr(0, text.find('='));
    if (name == kConfigVariable || name == server::kTriedVariable) continue;
    const SettingKey* known = nullptr;
    for (auto const& key : kSettingKeys)
      if (name == key.variable) known = &key;
    if (known == nullptr) return std::string(name) + " is no variable of gopls-bridge";
    std::string value(text.substr(std::min(name.size() + 1, text.size())));
    if (value.empty()) continue;
    std::string const shown = value;
    if (auto const complaint =
            configuration.set(*known, std::move(value), Layer::variable, std::string(name)))
      return std::string(name) + "=" + shown + " " + *complaint;
  }
  return std::nullopt;
}

std::optional<std::string> read_flags(const std::vector<OwnFlag>& flags,
                                      Configuration& configuration) {
  for (auto const& flag : flags) {
    if (flag.name == kConfigFlag) continue;
    if (auto const complaint =
            configuration.set(*find_flag(flag.name), flag.value, Layer::flag, flag.spelling))
      return flag.spelling + "=" + flag.value + " " + *complaint;
  }
  return std::nullopt;
}

}  // namespace

std::string expand_home(std::string_view path, std::string_view home) {
  if (!path.starts_with("~/") || !home.starts_with('/')) return std::string(path);
  return std::string(home).append(path.substr(1));
}

Configuration::Configuration(std::string_view home) : home_(home) {
  for (auto const& key : kSettingKeys)
    values_[static_cast<std::size_t>(key.id)] = {.text = std::string(key.default_value),
                                                 .source = "default"};
}

std::int64_t Configuration::integer(SettingId id) const {
  return parse_integer((*this)[id].text).value_or(0);  // `set` took whole numbers only
}

bool Configuration::boolean(SettingId id) const {
  return parse_go_bool((*this)[id].text).value_or(false);
}

std::chrono::milliseconds Configuration::duration(SettingId id) const {
  return parse_duration((*this)[id].text).value_or(std::chrono::milliseconds(0));
}

std::optional<server::ExplicitProgram> Configuration::program(SettingId id) const {
  auto const& value = (*this)[id];
  if (value.text.empty()) return std::nullopt;
  return server::ExplicitProgram{.path = value.text, .source = value.source};
}

std::optional<std::string> Configuration::set(const SettingKey& key, std::string text, Layer layer,
                                              std::string source) {
  auto complaint = complaint_about_value(key, text);
  if (!complaint && (key.type == SettingType::program || key.type == SettingType::path)) {
    text = expand_home(text, home_);
    // Files and variables count in every directory an editor may start us in.
    if (layer != Layer::flag && !text.starts_with('/')) complaint = "is not an absolute path";
  }
  if (!complaint)
    values_[static_cast<std::size_t>(key.id)] = {.text = std::move(text),
                                                 .source = std::move(source)};
  return complaint;
}

ConfigurationResult read_configuration(const server::Environment& environment,
                                       const std::vector<OwnFlag>& flags) {
  ConfigurationResult result{.configuration = Configuration(environment.get("HOME")),
                             .complaint = {},
                             .exit_code = kExitOk};
  auto& configuration = result.configuration;
  auto complaint = read_file(environment, flags, configuration);
  if (!complaint) complaint = read_variables(environment, configuration);
  result.exit_code = kExitConfig;
  if (!complaint) {
    complaint = read_flags(flags, configuration);
    result.exit_code = complaint ? kExitUsage : kExitOk;
  }
  result.complaint = complaint.value_or(std::string());
  return result;
}

}  // namespace bridge::cli
