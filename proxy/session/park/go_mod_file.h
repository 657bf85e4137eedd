// What of a go.mod or go.work says where else facts come from: directories beside it, modules of
// the module cache, and the version of the language. Pure and tolerant: what it does not understand
// it passes over, as the go command that refuses the file will tell its user. The format:
// https://go.dev/ref/mod#go-mod-file-lexical
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge::session {

struct GoModFile {
  std::string language;              // its go and toolchain lines, one after the other
  std::vector<std::string> local;    // directories as written: of `use`, of `replace … => ./x`
  std::vector<std::string> modules;  // "path@version" as directories of the module cache are named
};

GoModFile read_go_mod(std::string_view text);

}  // namespace bridge::session
