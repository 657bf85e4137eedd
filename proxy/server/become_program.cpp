#include "proxy/server/become_program.h"

#include <unistd.h>

#include <cerrno>

namespace bridge::server {

std::error_code become_program(const std::string& path, const std::vector<std::string>& args) {
  std::vector<char*> argv;
  argv.reserve(args.size() + 2);
  // execv does not write to its arguments; its signature is older than const.
  argv.push_back(const_cast<char*>(path.c_str()));
  for (auto const& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  ::execv(path.c_str(), argv.data());
  return {errno, std::generic_category()};
}

}  // namespace bridge::server
