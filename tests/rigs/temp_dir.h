// A directory (0700) of the test's own, gone with the object.
#pragma once

#include <string>
#include <string_view>

namespace bridge::rigs {

class TempDir {
 public:
  TempDir();  // under TMPDIR, else /tmp
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Writes a file below the directory, making the folders on the way. Returns its path.
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::string path_;
};

std::string read_file(const std::string& path);  // throws if it cannot be read

}  // namespace bridge::rigs
