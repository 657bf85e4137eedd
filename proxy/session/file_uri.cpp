#include "proxy/session/file_uri.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "framing/json_text.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::session {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> path_of_file_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "file://";
  if (!uri.starts_with(kScheme)) return std::nullopt;
  uri.remove_prefix(kScheme.size());
  if (!uri.starts_with('/')) return std::nullopt;
  std::string path;
  for (std::size_t at = 0; at < uri.size(); ++at) {
    if (uri[at] != '%') {
      path += uri[at];
      continue;
    }
    if (at + 2 >= uri.size()) return std::nullopt;
    int const high = hex_digit(uri[at + 1]);
    int const low = hex_digit(uri[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    path += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (path.find('\0') != std::string::npos) return std::nullopt;
  return path;
}

std::optional<std::string> read_file_of_uri(std::string_view raw_uri, std::size_t bytes_max) {
  if (raw_uri.size() < 2) return std::nullopt;
  auto const path =
      path_of_file_uri(framing::decode_json_string(raw_uri.substr(1, raw_uri.size() - 2)));
  if (!path) return std::nullopt;
  kernel::UniqueFd const file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  // Not a device, not a FIFO: a document is a file.
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  std::string text;
  char chunk[16 * 1024];
  for (;;) {
    ssize_t const got = ::read(file.get(), chunk, sizeof chunk);
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > bytes_max) return std::nullopt;
  }
}

}  // namespace bridge::session
