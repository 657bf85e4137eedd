#include "proxy/server/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {
namespace {

constexpr char kBridge[] = BRIDGE_BINARY;
constexpr char kFakeGopls[] = BRIDGE_TEST_PROGRAMS "/fake_gopls";

// A small ELF file in memory: header, one PT_NOTE, two notes; three sections.
struct TinyElf {
  Elf64_Ehdr file{};
  Elf64_Phdr segment{};
  std::string notes;
  std::vector<Elf64_Shdr> sections{3};
  std::string names = std::string("\0.go.buildinfo\0.shstrtab\0", 25);

  TinyElf() {
    std::memcpy(file.e_ident, ELFMAG, SELFMAG);
    file.e_ident[EI_CLASS] = ELFCLASS64;
    file.e_ident[EI_DATA] = ELFDATA2LSB;
    file.e_phoff = sizeof file;
    file.e_phentsize = sizeof segment;
    file.e_phnum = 1;
    file.e_shentsize = sizeof(Elf64_Shdr);
    file.e_shnum = 3;
    file.e_shstrndx = 2;
    segment.p_type = PT_NOTE;
    segment.p_align = 4;
    sections[1].sh_name = 1;
    sections[1].sh_type = SHT_PROGBITS;
    sections[1].sh_offset = 7;
    sections[1].sh_size = 9;
    sections[2].sh_name = 15;
  }
  void add_note(std::string_view owner, std::string_view description) {
    Elf64_Nhdr const note{static_cast<Elf64_Word>(owner.size() + 1),
                          static_cast<Elf64_Word>(description.size()), 1};
    notes.append(reinterpret_cast<const char*>(&note), sizeof note);
    notes.append(owner).append(1, '\0');
    notes.resize((notes.size() + 3) / 4 * 4, '\0');
    notes.append(description);
    notes.resize((notes.size() + 3) / 4 * 4, '\0');
  }
  ElfFacts read() {
    segment.p_offset = sizeof file + sizeof segment;
    segment.p_filesz = notes.size();
    sections[2].sh_offset = segment.p_offset + notes.size();
    if (sections[2].sh_size == 0) sections[2].sh_size = names.size();
    file.e_shoff = sections[2].sh_offset + names.size();
    return read_damaged();
  }
  // As the fields are.
  ElfFacts read_damaged() {
    std::string bytes;
    bytes.append(reinterpret_cast<const char*>(&file), sizeof file);
    bytes.append(reinterpret_cast<const char*>(&segment), sizeof segment);
    bytes.append(notes).append(names);
    bytes.append(reinterpret_cast<const char*>(sections.data()),
                 sections.size() * sizeof(Elf64_Shdr));
    return read_bytes(bytes);
  }
  static ElfFacts read_bytes(std::string_view bytes) {
    kernel::UniqueFd const fd(::memfd_create("elf", MFD_CLOEXEC));
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    return read_elf_facts(fd.get());
  }
};

TEST(ElfFile, TheBridgeIsKnownByItsNote) {
  auto const facts = read_elf_facts(std::string(kBridge));
  EXPECT_TRUE(facts.is_elf);
  EXPECT_TRUE(facts.is_bridge);
  ASSERT_TRUE(facts.go_build_info);
  EXPECT_EQ(facts.go_build_info->bytes, 4096u);
}

TEST(ElfFile, AnotherProgramIsNoBridgeEvenWithBuildInformation) {
  auto const facts = read_elf_facts(std::string(kFakeGopls));
  EXPECT_TRUE(facts.is_elf);
  EXPECT_FALSE(facts.is_bridge);
  EXPECT_TRUE(facts.go_build_info);
}

TEST(ElfFile, FilesOfOtherKindsAreNoElf) {
  for (auto const* path : {"/etc/passwd", "/", "/nowhere", "/dev/null"}) {
    auto const facts = read_elf_facts(std::string(path));
    EXPECT_FALSE(facts.is_elf) << path;
    EXPECT_FALSE(facts.is_bridge) << path;
  }
}

TEST(ElfFile, TheNoteIsFoundBehindOthers) {
  TinyElf elf;
  elf.add_note("GNU", "abc");
  elf.add_note("Go", std::string(83, 'x'));
  EXPECT_FALSE(elf.read().is_bridge);
  elf.add_note("gopls-bridge", "0.1.0");
  EXPECT_TRUE(elf.read().is_bridge);
}

TEST(ElfFile, AnOwnerThatOnlyBeginsOrEndsAlikeIsAnother) {
  for (auto const* owner : {"gopls-bridge2", "gopls", "xgopls-bridge", "gopls-bridg"}) {
    TinyElf elf;
    elf.add_note(owner, "0.1.0");
    EXPECT_FALSE(elf.read().is_bridge) << owner;
  }
}

TEST(ElfFile, SectionsAreFoundByName) {
  TinyElf elf;
  auto const facts = elf.read();
  ASSERT_TRUE(facts.go_build_info);
  EXPECT_EQ(facts.go_build_info->offset, 7u);
  EXPECT_EQ(facts.go_build_info->bytes, 9u);
  elf.names[3] = 'x';
  EXPECT_FALSE(elf.read().go_build_info);
}

TEST(ElfFile, ANameTableCutInsideTheNameHasNoSuchSection) {
  TinyElf elf;
  elf.sections[2].sh_size = 5;
  EXPECT_FALSE(elf.read().go_build_info);
}

TEST(ElfFile, EveryCutShortIsReadWithoutHarm) {
  TinyElf elf;
  elf.add_note("gopls-bridge", "0.1.0");
  ASSERT_TRUE(elf.read().is_bridge);
  std::string bytes;
  bytes.append(reinterpret_cast<const char*>(&elf.file), sizeof elf.file);
  bytes.append(reinterpret_cast<const char*>(&elf.segment), sizeof elf.segment);
  bytes.append(elf.notes).append(elf.names);
  std::size_t const note_complete = sizeof elf.file + sizeof elf.segment + elf.notes.size();
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    auto const facts = TinyElf::read_bytes(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(facts.is_bridge, size >= note_complete) << size;
    EXPECT_FALSE(facts.go_build_info) << size;
  }
}

// Each field that says where or how much, at its extremes: no crash, no read out of bounds, no
// allocation of what it claims.
TEST(ElfFile, FieldsThatLieAreReadWithoutHarm) {
  auto const damaged = [](auto&& damage) {
    TinyElf elf;
    elf.add_note("GNU", "abc");
    elf.read();
    damage(elf);
    auto const facts = elf.read_damaged();
    EXPECT_FALSE(facts.is_bridge);
    EXPECT_TRUE(facts.is_elf);
    return facts.go_build_info.has_value();
  };
  auto const max16 = static_cast<Elf64_Half>(-1);
  auto const max64 = static_cast<Elf64_Off>(-1);
  damaged([&](TinyElf& elf) { elf.file.e_phnum = max16; });
  damaged([&](TinyElf& elf) { elf.file.e_phoff = max64; });
  damaged([&](TinyElf& elf) { elf.segment.p_filesz = max64; });
  damaged([&](TinyElf& elf) { elf.segment.p_offset = max64; });
  damaged([&](TinyElf& elf) { std::memset(elf.notes.data(), 0xff, 12); });
  damaged([&](TinyElf& elf) { std::memset(elf.notes.data(), 0, 12); });
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.file.e_shnum = max16; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.file.e_shnum = 0; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.file.e_shstrndx = max16; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.file.e_shoff = max64; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.sections[2].sh_size = max64; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.sections[2].sh_offset = max64; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.sections[1].sh_name = max16; }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) {
    elf.sections[1].sh_name = static_cast<Elf64_Word>(elf.names.size() + 1);
  }));
  EXPECT_FALSE(damaged([&](TinyElf& elf) { elf.sections[1].sh_type = SHT_NOBITS; }));
}

TEST(ElfFile, OtherWordSizesAndByteOrdersAreLeftAlone) {
  TinyElf elf;
  elf.add_note("gopls-bridge", "0.1.0");
  elf.file.e_ident[EI_CLASS] = ELFCLASS32;
  EXPECT_FALSE(elf.read().is_bridge);
  elf.file.e_ident[EI_CLASS] = ELFCLASS64;
  elf.file.e_ident[EI_DATA] = ELFDATA2MSB;
  EXPECT_FALSE(elf.read().is_bridge);
}

}  // namespace
}  // namespace bridge::server
