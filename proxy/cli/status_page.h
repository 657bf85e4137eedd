// `gopls-bridge status` as a person reads it: the daemon, each gopls, each session, in lines of at
// most 80 columns, whatever the editors and folders are called. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/lease/control_message.h"

namespace bridge::cli {

inline constexpr std::size_t kStatusColumns = 80;

// `messages` as the daemon answers `status` (proxy/lease/CONTROL.md), `now` in Unix time. `home`
// is what "~" stands for.
std::string status_page(const std::vector<lease::ControlMessage>& messages,
                        std::chrono::seconds now, std::string_view home);

// "0.4s", "59s", "4m", "2h13m", "3d4h"
std::string short_duration(std::chrono::milliseconds time);
// "512 B", "4.2 KiB", "512 MiB"
std::string short_size(std::uint64_t bytes);

}  // namespace bridge::cli
