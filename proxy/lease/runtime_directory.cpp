#include "proxy/lease/runtime_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "proxy/lease/runtime_place.h"

namespace bridge::lease {
namespace {

constexpr char kName[] = "gopls-bridge";

std::string without_slashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::vector<RuntimePlace> places(const server::Environment& environment,
                                 std::vector<std::string>& complaints) {
  std::string const uid = std::to_string(::geteuid());
  std::vector<RuntimePlace> result;
  auto const from_variable = [&](const char* variable, std::string name) {
    auto const value = environment.get(variable);
    if (value.starts_with('/'))
      result.push_back({.parent = without_slashes(value), .name = std::move(name)});
    else if (!value.empty())
      complaints.push_back(std::string(variable) + " is no absolute path");
  };
  auto const add = [&](std::string parent, std::string name) {
    auto const known = std::find_if(result.begin(), result.end(), [&](const RuntimePlace& one) {
      return one.parent == parent && one.name == name;
    });
    if (known == result.end())
      result.push_back({.parent = std::move(parent), .name = std::move(name)});
  };
  from_variable("XDG_RUNTIME_DIR", kName);
  add("/run/user/" + uid, kName);
  // Others may have directories there, so the name has whose it is.
  from_variable("TMPDIR", std::string(kName) + '-' + uid);
  add("/tmp", std::string(kName) + '-' + uid);
  return result;
}

}  // namespace

RuntimeDirectory open_runtime_directory(const server::Environment& environment,
                                        std::string_view instance) {
  RuntimeDirectory result;
  if (auto why = instance_complaint(instance); !why.empty()) {
    result.complaints.push_back(std::move(why));
    return result;
  }
  for (auto const& place : places(environment, result.complaints)) {
    auto taken = take_runtime_place(place, instance);
    if (!taken.path.empty()) {
      result.path = std::move(taken.path);
      result.fd = std::move(taken.fd);
      break;
    }
    result.complaints.push_back(std::move(taken.complaint));
  }
  return result;
}

bool is_still_there(const RuntimeDirectory& directory) {
  struct stat held;
  struct stat found;
  return directory.fd && ::fstat(directory.fd.get(), &held) == 0 &&
         ::lstat(directory.path.c_str(), &found) == 0 && held.st_dev == found.st_dev &&
         held.st_ino == found.st_ino;
}

}  // namespace bridge::lease
