// Which of gopls' commands may be asked twice: they only read.
#pragma once

#include <string_view>

namespace bridge::session {

// `raw_command`: params.command of workspace/executeCommand, with its quotes.
bool is_read_only_command(std::string_view raw_command) noexcept;

}  // namespace bridge::session
