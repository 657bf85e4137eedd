// What an executable says about itself in its ELF headers: whether it is a gopls-bridge (a note
// that ours carries) and where its Go build information lies. A few bounded preads; nothing is
// mapped, nothing is run. 64-bit little-endian files only: anything else could not be a server
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bridge::server {

// The owner's name in the note of section `.note.gopls-bridge` (proxy/cli/identity.cpp). Stays the
// same for ever: it is how an older or newer install of the bridge is told from a gopls.
inline constexpr char kBridgeNoteOwner[] = "gopls-bridge";

struct FileRegion {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct ElfFacts {
  bool is_elf = false;
  bool is_bridge = false;
  std::optional<FileRegion> go_build_info;  // section .go.buildinfo
};

// A damaged file yields what could be read before the damage.
ElfFacts read_elf_facts(int fd);
// The same by path; a file that cannot be opened is no ELF.
ElfFacts read_elf_facts(const std::string& path);

}  // namespace bridge::server
