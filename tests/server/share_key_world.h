// Go trees, shims and an environment for the tests of the share key: real files in a directory of
// the test's own. The go commands in it are ELF files with cmd/go's build information; they are
// looked at, never run.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/server/elf_file.h"
#include "proxy/server/environment.h"
#include "proxy/server/go_build_info.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::server {

class ShareKeyWorld : public testing::Test {
 protected:
  std::string at(std::string_view name) const { return directory_ / name; }

  // A GOROOT of that name; returns its go command.
  std::string go_tree(std::string_view name, std::string_view version = "go1.26.8") const {
    std::string const root = at(name);
    directory_.write(std::string(name) + "/VERSION",
                     std::string(version) + "\ntime 2026-08-28T16:20:06Z\n");
    directory_.write(std::string(name) + "/bin/gofmt", "");
    std::string go = root + "/bin/go";
    std::filesystem::copy_file(BRIDGE_TEST_PROGRAMS "/fake_gopls", go);
    auto const region = read_elf_facts(go).go_build_info;
    auto const block = encode_build_info("go1.99-built", "path\tcmd/go\n");
    std::fstream file(go, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(region.value().offset));
    file.write(block->data(), static_cast<std::streamsize>(block->size()));
    return go;
  }
  std::string program(std::string_view name, std::string_view text) const {
    auto path = directory_.write(name, text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  std::string link(const std::string& target, std::string_view name) const {
    std::filesystem::create_directories(std::filesystem::path(at(name)).parent_path());
    std::filesystem::create_symlink(target, at(name));
    return at(name);
  }

  // "NAME=value"; replaces what it was.
  void set(std::string_view entry) {
    unset(entry.substr(0, entry.find('=')));
    variables_.emplace_back(entry);
  }
  void unset(std::string_view name) {
    std::erase_if(variables_, [name](const std::string& entry) {
      return entry.starts_with(name) && entry[name.size()] == '=';
    });
  }
  void add(std::string_view entry) { variables_.emplace_back(entry); }

  template <class Use>
  auto with_environment(Use use) const {
    std::vector<const char*> entries;
    for (auto const& variable : variables_) entries.push_back(variable.c_str());
    entries.push_back(nullptr);
    return use(Environment(entries.data()));
  }

  rigs::TempDir directory_;

 private:
  std::vector<std::string> variables_;
};

}  // namespace bridge::server
