// The line in VS Code's settings.json that has it start the bridge. Set and removed without
// touching another byte; the file as it was before lies beside it.
#pragma once

#include <string>

#include "proxy/cli/install_report.h"

namespace bridge::cli {

// `gopls`: the path to put there.
void set_vscode_setting(const std::string& file, const std::string& gopls, InstallReport& report);
// Only if it is ours. A file that is as it was made is as it was before, or gone.
void remove_vscode_setting(const std::string& file, const std::string& gopls,
                           InstallReport& report);

// For those who write it themselves.
std::string vscode_setting_line(const std::string& gopls);

}  // namespace bridge::cli
