#include "proxy/server/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {
namespace {

// Bounds on a file that may be anything. gopls v0.23 has 8 program headers and 24 sections with 270
// bytes of names; its notes take 100 bytes.
constexpr std::size_t kProgramHeadersMax = 64;
constexpr std::size_t kSectionsMax = 1024;
constexpr std::size_t kSectionNamesBytesMax = std::size_t{64} * 1024;
constexpr std::size_t kNoteBytesMax = std::size_t{16} * 1024;

bool read_at(int fd, std::uint64_t offset, void* out, std::size_t bytes) {
  // A short read from a regular file means its end: no loop.
  return ::pread(fd, out, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
}

template <class Header>
std::vector<Header> read_headers(int fd, std::uint64_t offset, std::size_t count) {
  std::vector<Header> headers(count);
  if (!read_at(fd, offset, headers.data(), count * sizeof(Header))) headers.clear();
  return headers;
}

std::size_t round_up(std::size_t value, std::size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

bool holds_bridge_note(std::string_view notes, std::size_t alignment) {
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof note);
    std::size_t const content = round_up(sizeof note + note.n_namesz, alignment);
    std::size_t const next = round_up(content + note.n_descsz, alignment);
    if (next > notes.size()) return false;
    // The name's size counts its NUL.
    if (notes.substr(sizeof note, note.n_namesz) ==
        std::string_view(kBridgeNoteOwner, sizeof kBridgeNoteOwner))
      return true;
    notes.remove_prefix(next);
  }
  return false;
}

bool find_bridge_note(int fd, const Elf64_Ehdr& file) {
  if (file.e_phentsize != sizeof(Elf64_Phdr) || file.e_phnum > kProgramHeadersMax) return false;
  for (auto const& segment : read_headers<Elf64_Phdr>(fd, file.e_phoff, file.e_phnum)) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kNoteBytesMax) continue;
    std::string notes(segment.p_filesz, '\0');
    if (read_at(fd, segment.p_offset, notes.data(), notes.size()) &&
        holds_bridge_note(notes, segment.p_align == 8 ? 8 : 4))
      return true;
  }
  return false;
}

std::optional<FileRegion> find_section(int fd, const Elf64_Ehdr& file, std::string_view wanted) {
  if (file.e_shentsize != sizeof(Elf64_Shdr) || file.e_shnum > kSectionsMax ||
      file.e_shstrndx >= file.e_shnum)
    return std::nullopt;
  auto const sections = read_headers<Elf64_Shdr>(fd, file.e_shoff, file.e_shnum);
  if (sections.empty()) return std::nullopt;
  auto const& table = sections[file.e_shstrndx];
  std::string names(std::min<std::uint64_t>(table.sh_size, kSectionNamesBytesMax), '\0');
  if (!read_at(fd, table.sh_offset, names.data(), names.size())) return std::nullopt;
  for (auto const& section : sections) {
    if (section.sh_type != SHT_PROGBITS || section.sh_name >= names.size()) continue;
    // The string's own NUL, or the one behind its last byte, ends the comparison.
    if (wanted == names.c_str() + section.sh_name)
      return FileRegion{.offset = section.sh_offset, .bytes = section.sh_size};
  }
  return std::nullopt;
}

}  // namespace

ElfFacts read_elf_facts(int fd) {
  ElfFacts facts;
  Elf64_Ehdr file;
  if (!read_at(fd, 0, &file, sizeof file) || std::memcmp(file.e_ident, ELFMAG, SELFMAG) != 0)
    return facts;
  facts.is_elf = true;
  if (file.e_ident[EI_CLASS] != ELFCLASS64 || file.e_ident[EI_DATA] != ELFDATA2LSB) return facts;
  facts.is_bridge = find_bridge_note(fd, file);
  facts.go_build_info = find_section(fd, file, ".go.buildinfo");
  return facts;
}

ElfFacts read_elf_facts(const std::string& path) {
  // O_NONBLOCK: a FIFO in its place must not hold us up.
  kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  return fd ? read_elf_facts(fd.get()) : ElfFacts{};
}

}  // namespace bridge::server
