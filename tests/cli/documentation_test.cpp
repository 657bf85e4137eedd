// COMMAND_LINE.md and README.md against the table they describe.
#include <gtest/gtest.h>

#include "proxy/cli/configuration.h"
#include "proxy/cli/settings.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::cli {
namespace {

TEST(Documentation, HasARowForEverySetting) {
  auto const text = rigs::read_file(BRIDGE_SOURCE_DIR "/proxy/cli/COMMAND_LINE.md");
  for (auto const& key : kSettingKeys) {
    auto row = "\n| `" + std::string(key.key) + "` | `" + key.variable + "` | ";
    if (!key.flag.empty()) row += "`--" + std::string(key.flag) + "` ";
    row += "| ";
    auto const at = text.find(row);
    ASSERT_NE(at, std::string::npos) << row;
    if (key.default_value.empty()) continue;
    auto const line = text.substr(at + row.size(), text.find('\n', at + 1) - at - row.size());
    EXPECT_EQ(line, std::string(key.default_value) + " |") << key.key;
  }
}

// README.md shows a whole configuration file: it names each setting and is one.
TEST(Documentation, TheReadmesConfigurationHasEverySettingAndIsTaken) {
  auto const text = rigs::read_file(BRIDGE_SOURCE_DIR "/README.md");
  auto const begin = text.find("```toml\n") + 8;
  auto const end = text.find("```", begin);
  ASSERT_NE(end, std::string::npos);
  auto shown = text.substr(begin, end - begin);
  for (auto const& key : kSettingKeys) {
    if (key.id == SettingId::instance) continue;  // a table, here
    auto const dot = key.key.rfind('.') + 1;      // npos + 1 = 0
    EXPECT_NE(('\n' + shown).find('\n' + std::string(key.key.substr(dot)) + " = "),
              std::string::npos)
        << key.key;
  }
  // What is empty is not set.
  for (auto const* line : {"connect = \"\"", "file = \"\""})
    shown.replace(shown.find(line), std::string_view(line).size(), "");
  rigs::TempDir const directory;
  auto const file = directory.write("config.toml", shown);
  Configuration configuration("/home/me");
  EXPECT_EQ(read_config_file(file, true, "big", configuration).value_or(""), "");
  EXPECT_EQ(configuration[SettingId::idle_timeout].text, "never");
}

}  // namespace
}  // namespace bridge::cli
