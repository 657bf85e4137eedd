// The text of a file by its URI, as editors write it: file:///a%20b.go.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::session {

// The path of a file URI (decoded JSON, percent-encoded). nullopt: another scheme or host, a bad
// escape.
std::optional<std::string> path_of_file_uri(std::string_view uri);

// `raw_uri`: with the quotes of JSON. nullopt: no file, it cannot be read, or it is longer.
std::optional<std::string> read_file_of_uri(std::string_view raw_uri, std::size_t bytes_max);

}  // namespace bridge::session
