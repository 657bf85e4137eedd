#include "proxy/session/park/workspace_snapshot.h"

#include <cstring>

#include "proxy/session/journal/record.h"

namespace bridge::session {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kPathBytesMax = 4096;  // PATH_MAX, limits.h

// The text at `offset`, or nullopt.
std::optional<std::string_view> text_at(std::string_view pool, std::uint32_t offset) {
  if (offset >= pool.size()) return std::nullopt;
  std::size_t const size = ::strnlen(&pool[offset], pool.size() - offset);
  if (size == pool.size() - offset || size > kPathBytesMax) return std::nullopt;
  return pool.substr(offset, size);
}

}  // namespace

std::size_t WorkspaceSnapshot::memory() const noexcept {
  std::size_t bytes = sizeof *this + above_.capacity() + names_.capacity();
  bytes += directories_.capacity() * sizeof(Directory) + facts_.capacity() * sizeof(File);
  for (std::string const& root : roots_) bytes += sizeof(std::string) + root.capacity();
  return bytes;
}

std::string WorkspaceSnapshot::serialise() const {
  RecordWriter writer;
  writer.bytes().reserve(names_.size() + directories_.size() * 12 + facts_.size() * 16 + 4096);
  writer.put_u32(kVersion);
  writer.put_text(above_);
  writer.put_u64(roots_.size());
  for (std::string const& root : roots_) writer.put_text(root);
  writer.put_text(names_);
  writer.put_u64(directories_.size());
  for (Directory const& directory : directories_) {
    writer.put_u32(directory.path);
    writer.put_u32(directory.first_file);
    writer.put_u32(directory.files);
  }
  writer.put_u64(facts_.size());
  for (File const& file : facts_) {
    writer.put_u64(file.all);
    writer.put_u32(file.memo);
    writer.put_u32(file.name);
  }
  return std::move(writer.bytes());
}

std::optional<WorkspaceSnapshot> WorkspaceSnapshot::parse(std::string_view bytes,
                                                          std::string& error) {
  error = "it is no snapshot of this version";
  RecordReader reader(bytes);
  if (reader.take_u32() != kVersion) return std::nullopt;
  WorkspaceSnapshot snapshot;
  snapshot.above_ = reader.take_text();
  for (std::uint64_t left = reader.take_u64(); left > 0 && reader.ok(); --left)
    snapshot.roots_.emplace_back(reader.take_text());
  snapshot.names_ = reader.take_text();
  for (std::uint64_t left = reader.take_u64(); left > 0 && reader.ok(); --left) {
    Directory directory;
    directory.path = reader.take_u32();
    directory.first_file = reader.take_u32();
    directory.files = reader.take_u32();
    snapshot.directories_.push_back(directory);
  }
  for (std::uint64_t left = reader.take_u64(); left > 0 && reader.ok(); --left) {
    File file;
    file.all = reader.take_u64();
    file.memo = reader.take_u32();
    file.name = reader.take_u32();
    snapshot.facts_.push_back(file);
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;

  // All that a comparison relies on: texts that end, in order and once; no file in two directories.
  std::string_view const pool = snapshot.names_;
  std::string_view path_before;
  std::uint64_t files = 0;
  for (Directory const& directory : snapshot.directories_) {
    auto const path = text_at(pool, directory.path);
    if (!path || *path <= path_before) return std::nullopt;
    path_before = *path;
    files += directory.files;
    if (std::uint64_t{directory.first_file} + directory.files > snapshot.facts_.size())
      return std::nullopt;
    if (files > snapshot.facts_.size()) return std::nullopt;
    std::string_view name_before;
    for (std::uint32_t file = 0; file < directory.files; ++file) {
      auto const name = text_at(pool, snapshot.facts_[directory.first_file + file].name);
      if (!name || *name <= name_before) return std::nullopt;
      name_before = *name;
    }
  }
  error.clear();
  return snapshot;
}

}  // namespace bridge::session
