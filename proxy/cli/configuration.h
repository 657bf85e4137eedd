// The settings in force and where each came from: defaults, the TOML file, GOPLS_BRIDGE_*
// variables, flags, in rising order. Whatever is wrong is refused by name; nothing is skipped.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/cli/invocation.h"
#include "proxy/cli/settings.h"
#include "proxy/server/environment.h"
#include "proxy/server/program_search.h"

namespace bridge::cli {

struct SettingValue {
  std::string text;    // empty: not set
  std::string source;  // "default", "/path/config.toml:3", "GOPLS_BRIDGE_GOPLS", "--gopls"
};

// Where values come from, in rising order.
enum class Layer : std::uint8_t { file, variable, flag };

class Configuration {
 public:
  // `home` is what "~/" at the start of a path stands for: no shell expands it in a file or in the
  // settings of an editor.
  explicit Configuration(std::string_view home);

  const SettingValue& operator[](SettingId id) const {
    return values_[static_cast<std::size_t>(id)];
  }
  std::int64_t integer(SettingId id) const;
  bool boolean(SettingId id) const;
  // Zero where the text says "off" or "never".
  std::chrono::milliseconds duration(SettingId id) const;
  // The program that a path setting names; nothing if it is not set.
  std::optional<server::ExplicitProgram> program(SettingId id) const;

  // What is wrong with the text, which then is not taken: "is not a whole number".
  std::optional<std::string> set(const SettingKey& key, std::string text, Layer layer,
                                 std::string source);

  std::string
      file;  // the configuration file that was read, or would be; empty: none could be named
  bool file_exists = false;

 private:
  std::string home_;
  std::array<SettingValue, kSettingKeys.size()> values_;
};

// "~/x" in the home directory; anything else as it is.
std::string expand_home(std::string_view path, std::string_view home);

struct ConfigurationResult {
  Configuration configuration;
  std::string complaint;  // names the file and line, the variable, or the flag; empty: all is well
  int exit_code = 0;      // where there is a complaint
};

ConfigurationResult read_configuration(const server::Environment& environment,
                                       const std::vector<OwnFlag>& flags);

// The file's part (config_file.cpp): nothing, or "FILE:LINE: what is wrong". A missing file is no
// fault unless it is `required`. Settings of [instance.NAME] win over those outside of it; the
// tables of other instances are checked and not taken.
std::optional<std::string> read_config_file(const std::string& path, bool required,
                                            std::string_view instance,
                                            Configuration& configuration);

}  // namespace bridge::cli
