// Stands in for gopls where a command line is handed over: writes down what it was started with and
// ends as it is told. Its build information says it is gopls, so that the bridge takes it for one
// and leaves the environment alone. Driven by the environment:
//   FAKE_GOPLS_RECORD=FILE   arguments, environment, descriptors and signals, one a line
//   FAKE_GOPLS_CAT=1         copies stdin to stdout, then writes "to stderr" to stderr
//   FAKE_GOPLS_EXIT=N        exit code
//   FAKE_GOPLS_SIGNAL=N      dies by that signal instead
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "proxy/server/go_build_info.h"

extern "C" __attribute__((section(".go.buildinfo"), used, retain, aligned(16)))
const bridge::server::BuildInfoBlock fake_gopls_build_info = *bridge::server::encode_build_info(
    "go1.25.3",
    "path\tgolang.org/x/tools/gopls\nmod\tgolang.org/x/tools/gopls\tv0.99.0\th1:fake=\n");

namespace {

// "pipe:[123]" is "pipe": which of two equal ends it is differs from run to run.
std::string kind_of(const std::string& target) { return target.substr(0, target.find(":[")); }

std::vector<std::string> descriptors() {
  std::vector<std::string> lines;
  DIR* const listing = ::opendir("/proc/self/fd");
  if (listing == nullptr) return lines;
  while (const dirent* const entry = ::readdir(listing)) {
    int const fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == ::dirfd(listing)) continue;
    char target[4096];
    std::string const path = std::string("/proc/self/fd/") + entry->d_name;
    ssize_t const length = ::readlink(path.c_str(), target, sizeof target);
    lines.push_back(
        "fd " + std::string(entry->d_name) + ' ' +
        kind_of(std::string(target, static_cast<std::size_t>(std::max<ssize_t>(length, 0)))) +
        " flags " + std::to_string(::fcntl(fd, F_GETFL)));
  }
  ::closedir(listing);
  std::sort(lines.begin(), lines.end());
  return lines;
}

// Blocked and ignored signals, pending ones aside: "SigBlk:\t0000…".
std::vector<std::string> signals() {
  std::vector<std::string> lines;
  FILE* const status = std::fopen("/proc/self/status", "re");
  if (status == nullptr) return lines;
  char line[512];
  while (std::fgets(line, sizeof line, status) != nullptr)
    if (std::strncmp(line, "SigBlk", 6) == 0 || std::strncmp(line, "SigIgn", 6) == 0)
      lines.push_back(std::string(line, std::strcspn(line, "\n")));
  static_cast<void>(std::fclose(status));
  return lines;
}

void record(const char* path, char** argv) {
  auto const open_now = descriptors();
  FILE* const file = std::fopen(path, "ae");
  if (file == nullptr) std::abort();
  for (char** arg = argv; *arg != nullptr; ++arg) std::fprintf(file, "arg %s\n", *arg);
  for (char** entry = environ; *entry != nullptr; ++entry) std::fprintf(file, "env %s\n", *entry);
  for (auto const& line : open_now) std::fprintf(file, "%s\n", line.c_str());
  for (auto const& line : signals()) std::fprintf(file, "%s\n", line.c_str());
  static_cast<void>(std::fclose(file));
}

void copy_stdin_to_stdout() {
  char piece[65536];
  for (;;) {
    ssize_t const got = ::read(STDIN_FILENO, piece, sizeof piece);
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      ssize_t const put = ::write(STDOUT_FILENO, piece + at, static_cast<std::size_t>(got - at));
      if (put <= 0) std::abort();
      at += put;
    }
  }
  constexpr char kText[] = "to stderr\n";
  if (::write(STDERR_FILENO, kText, sizeof kText - 1) < 0) std::abort();
}

int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

int main(int, char** argv) {
  if (const char* const path = std::getenv("FAKE_GOPLS_RECORD")) record(path, argv);
  if (number_in("FAKE_GOPLS_CAT") != 0) copy_stdin_to_stdout();
  if (int const signal = number_in("FAKE_GOPLS_SIGNAL"); signal != 0) ::raise(signal);
  return number_in("FAKE_GOPLS_EXIT");
}
