#include "proxy/server/program_search.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/server/elf_file.h"
#include "proxy/server/go_build_info.h"
#include "proxy/server/search_places.h"
#include "proxy/server/tried_programs.h"

namespace bridge::server {
namespace {

constexpr std::string_view kGoplsPackage = "golang.org/x/tools/gopls";

// Why `path` cannot be executed; null if it can.
const char* why_not_executable(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  // Effective ids, as execve will judge. root still needs one x bit.
  if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) return "not executable";
  return nullptr;
}

bool is_this_executable(const std::string& path) {
  struct stat own;
  struct stat other;
  return ::stat("/proc/self/exe", &own) == 0 && ::stat(path.c_str(), &other) == 0 &&
         own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

bool is_any_bridge(const std::string& path) {
  return is_this_executable(path) || read_elf_facts(path).is_bridge;
}

bool is_true_gopls(const std::string& path) {
  auto const info = read_build_info(path);
  return info && main_package(*info) == kGoplsPackage;
}

std::string make_absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  char directory[4096];  // PATH_MAX, limits.h
  if (::getcwd(directory, sizeof directory) == nullptr) return path;
  return std::string(directory) + '/' + path;
}

using Walk = void (*)(const Environment&, const VisitPlace&);
using Accept = bool (*)(const std::string& path, const Environment&);

bool acceptable_gopls(const std::string& path, const Environment& environment) {
  return !was_tried(environment.get(kTriedVariable), path) && !is_any_bridge(path);
}

bool acceptable_go(const std::string&, const Environment&) { return true; }

ProgramSearch search(std::string_view name, Walk walk, Accept accept,
                     const Environment& environment) {
  ProgramSearch result;
  walk(environment, [&](const std::string& directory, std::string_view named_by) {
    if (std::find(result.searched.begin(), result.searched.end(), directory) !=
        result.searched.end())
      return false;
    result.searched.push_back(directory);
    std::string path = directory;
    path.append("/").append(name);
    if (why_not_executable(path) != nullptr || !accept(path, environment)) return false;
    result.found = FoundProgram{.path = std::move(path), .place = std::string(named_by)};
    return true;
  });
  return result;
}

// The explicit choice or a complaint that names it.
ProgramSearch take_choice(const ExplicitProgram& chosen) {
  ProgramSearch result;
  std::string const path = make_absolute(chosen.path);
  if (const char* const why = why_not_executable(path)) {
    result.complaint = chosen.source + " names " + path + ": " + why;
    return result;
  }
  result.found = FoundProgram{.path = path, .place = chosen.source};
  return result;
}

}  // namespace

ProgramSearch find_gopls(const std::optional<ExplicitProgram>& chosen,
                         const Environment& environment) {
  auto const tried = environment.get(kTriedVariable);
  ProgramSearch result;
  if (too_many_tried(tried)) {
    result.complaint =
        "started in a circle, see " + std::string(kTriedVariable) + ": " + std::string(tried);
    return result;
  }
  if (chosen) {
    result = take_choice(*chosen);
    if (!result.found) return result;
    std::string const& path = result.found->path;
    if (is_any_bridge(path))
      result.complaint = chosen->source + " names " + path + ": that is gopls-bridge itself";
    else if (was_tried(tried, path))
      result.complaint = chosen->source + " names " + path + ": that starts gopls-bridge again";
    if (!result.complaint.empty()) {
      result.found.reset();
      return result;
    }
  } else {
    result = search("gopls", walk_gopls_places, acceptable_gopls, environment);
  }
  if (result.found) result.found->is_true_gopls = is_true_gopls(result.found->path);
  return result;
}

ProgramSearch find_go(const std::optional<ExplicitProgram>& chosen,
                      const Environment& environment) {
  return chosen ? take_choice(*chosen) : search("go", walk_go_places, acceptable_go, environment);
}

std::string describe_missing_gopls(const ProgramSearch& gopls, const ProgramSearch& go) {
  std::string text = "no gopls found; searched";
  for (auto const& directory : gopls.searched) text.append(" ").append(directory);
  if (gopls.searched.empty()) text += " nothing: PATH and HOME are not set";
  text += go.found ? "; install it with: " + go.found->path
                   : std::string("; no go found either (https://go.dev/dl); with it: go");
  return text + " install golang.org/x/tools/gopls@latest";
}

}  // namespace bridge::server
