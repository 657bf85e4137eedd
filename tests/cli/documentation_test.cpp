// COMMAND_LINE.md against the table it describes.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace bridge::cli
