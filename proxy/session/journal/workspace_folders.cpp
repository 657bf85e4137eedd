#include "proxy/session/journal/workspace_folders.h"

#include <utility>

#include "framing/json_text.h"
#include "proxy/session/journal/document_events.h"
#include "proxy/session/journal/json_fields.h"

namespace bridge::session {
namespace {

constexpr FieldName kWorkspaceFolders("workspaceFolders");
constexpr FieldName kRootUri("rootUri");
constexpr FieldName kUri("uri");

// What makes two folders one: their directory.
std::string key_of(std::string_view raw_folder) {
  std::string_view const uri = field(raw_folder, kUri);
  std::string key;
  if (is_string(uri)) document_key(framing::decode_json_string(between_quotes(uri)), key);
  return key;
}

bool is_file(std::string_view key) { return key.starts_with("file://"); }

}  // namespace

void WorkspaceFolders::set(std::string_view params) {
  raw_.clear();
  changed_ = false;
  for_each_element(field(params, kWorkspaceFolders), [&](std::string_view folder) {
    if (is_object(folder)) raw_.emplace_back(folder);
    return true;
  });
  // gopls looks at the root only where there is no folder.
  std::string_view const root = field(params, kRootUri);
  if (raw_.empty() && is_string(root) && root.size() > 2) {
    std::string const path = framing::decode_json_string(between_quotes(root));
    std::string folder = R"({"uri":)" + std::string(root) + R"(,"name":)";
    framing::append_json_string(folder, std::string_view(path).substr(path.rfind('/') + 1));
    raw_.push_back(folder + "}");
  }
}

bool WorkspaceFolders::change(std::string_view params) {
  static constexpr FieldName kEvent("event");
  static constexpr FieldName kAdded("added");
  static constexpr FieldName kRemoved("removed");
  std::string_view const event = field(params, kEvent);
  if (!is_object(event)) return false;
  changed_ = true;
  bool known = true;
  for_each_element(field(event, kRemoved), [&](std::string_view folder) {
    std::size_t const n = index_of(folder);
    if (n < raw_.size()) {
      raw_.erase(raw_.begin() + static_cast<std::ptrdiff_t>(n));
    } else {
      known = !is_file(key_of(folder));
    }
    return known;
  });
  // gopls gives up at a folder that it does not have, and then adds none.
  if (!known) return true;
  for_each_element(field(event, kAdded), [&](std::string_view folder) {
    if (is_object(folder) && index_of(folder) == raw_.size()) raw_.emplace_back(folder);
    return true;
  });
  return true;
}

std::string WorkspaceFolders::fold_into(std::string_view params) const {
  std::string list = "[";
  for (const std::string& folder : raw_) {
    if (list.size() > 1) list += ',';
    list += folder;
  }
  list += ']';
  // Every member but these as it was; a name that stands twice is left out twice.
  std::string out = "{";
  for_each_member(params, [&](std::string_view name, std::string_view value) {
    if (kWorkspaceFolders.is(name)) return;
    // With an empty list gopls would take the root for the folder.
    if (raw_.empty() && kRootUri.is(name)) value = "null";
    out += '"';
    out += name;
    out += "\":";
    out += value;
    out += ',';
  });
  return out + R"("workspaceFolders":)" + list + "}";
}

std::size_t WorkspaceFolders::index_of(std::string_view raw_folder) const {
  std::string const key = key_of(raw_folder);
  std::size_t n = 0;
  while (n < raw_.size() && key_of(raw_[n]) != key) ++n;
  return n;
}

std::size_t WorkspaceFolders::memory() const noexcept {
  std::size_t bytes = raw_.capacity() * sizeof(std::string);
  for (const std::string& folder : raw_) bytes += folder.capacity();
  return bytes;
}

void WorkspaceFolders::restore(std::vector<std::string> raw, bool changed) {
  raw_ = std::move(raw);
  changed_ = changed;
}

}  // namespace bridge::session
