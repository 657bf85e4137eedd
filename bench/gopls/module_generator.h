// Writes a Go module that gives a gopls real work without a network: some dozens of packages that
// import each other and a good part of the standard library, nothing else. The same files each
// time.
#pragma once

#include <string>
#include <vector>

namespace bridge::bench {

struct GeneratedFile {
  std::string name;  // relative to the module's directory
  std::string text;
};

// Packages besides main, of three files each. With 32 a gopls of 2026 needs some 200 MiB and a
// second to load on the machine this was chosen on: more than a toy, less than a minute a round.
inline constexpr int kGeneratedPackages = 32;

// go.mod first, main.go last.
std::vector<GeneratedFile> generate_module(int packages = kGeneratedPackages);

// Makes `directory` (whose parent exists) and writes the files there. Throws std::system_error.
void write_module(const std::string& directory, const std::vector<GeneratedFile>& files);

}  // namespace bridge::bench
