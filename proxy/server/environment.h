// Environment variables: a look at the process' own, or a test's; and a copy of the own.
#pragma once

#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::server {

class Environment {
 public:
  // `entries` is a null-terminated array like environ; it and its strings must outlive the object.
  explicit Environment(const char* const* entries) noexcept : entries_(entries) {}

  // Empty where the variable is missing: Go and we treat an empty one as not set.
  std::string_view get(std::string_view name) const noexcept {
    for (const char* const* entry = entries_; entry != nullptr && *entry != nullptr; ++entry) {
      if (std::strncmp(*entry, name.data(), name.size()) == 0 && (*entry)[name.size()] == '=')
        return *entry + name.size() + 1;
    }
    return {};
  }

  const char* const* entries() const noexcept { return entries_; }

 private:
  const char* const* entries_;
};

// All entries of this process', NAME=value: for a program that it starts.
inline std::vector<std::string> own_environment() {
  std::vector<std::string> entries;
  for (char** entry = ::environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

}  // namespace bridge::server
