// Files and links as `install` puts them: whole or not at all, never over what is not ours.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace bridge::cli {

// nullopt: errno says why (ENOENT: there is none).
std::optional<std::string> read_file(const std::string& path);

// By a new file that takes the place of an old one, also of a program that runs. Folders on the way
// are made. Empty, or what went wrong in words.
std::string write_file(const std::string& path, std::string_view content, mode_t mode);

// What the link says, not followed; nullopt where it is no link.
std::optional<std::string> read_link(const std::string& path);
std::string make_link(const std::string& path, const std::string& target);

bool exists(const std::string& path);  // a link that leads nowhere does
std::string remove_file(const std::string& path);
void remove_folder_if_empty(const std::string& path);

// Links resolved; empty where it leads nowhere.
std::string real_path(const std::string& path);

}  // namespace bridge::cli
