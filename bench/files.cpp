#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "bench/process.h"

namespace bridge::bench {

using kernel::UniqueFd;

std::string read_text(const std::string& path) {
  UniqueFd const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t got = 0; file && (got = ::read(file.get(), piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

void write_text(const std::string& path, std::string_view text, mode_t mode) {
  UniqueFd const file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file) fail(path);
  while (!text.empty()) {
    ssize_t const put = ::write(file.get(), text.data(), text.size());
    if (put <= 0) fail(path);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string find_program(std::string_view name, const std::vector<std::string>& places) {
  const char* const path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    auto const end = rest.find(':');
    std::string candidate = std::string(rest.substr(0, end)) + "/" + std::string(name);
    // A relative entry is a directory of whatever happens to be open.
    if (candidate.front() == '/' && candidate.size() > name.size() + 1 &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  for (auto const& place : places) {
    if (::access(place.c_str(), X_OK) == 0) return place;
  }
  return {};
}

TempDir::TempDir() {
  const char* const place = std::getenv("TMPDIR");
  path_ = (place != nullptr && place[0] == '/' ? std::string(place) : "/tmp") + "/bench-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) fail("mkdtemp " + path_);
}

TempDir::~TempDir() {
  constexpr int kOpenAtOnce = 8;
  ::nftw(
      path_.c_str(), [](const char* path, const struct stat*, int, FTW*) { return ::remove(path); },
      kOpenAtOnce, FTW_DEPTH | FTW_PHYS);
}

}  // namespace bridge::bench
