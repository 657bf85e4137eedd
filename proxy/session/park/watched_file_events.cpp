#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "framing/json_text.h"
#include "proxy/session/file_uri.h"
#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {
namespace {

// FileChangeType of the LSP.
constexpr char kCreated = '1';
constexpr char kChanged = '2';
constexpr char kDeleted = '3';

// As Go's net/url escapes a path (shouldEscape, encodePath), which is how gopls writes one; all is
// ASCII, and nothing in it needs JSON's escapes.
void append_file_uri(std::string& out, std::string_view path) {
  constexpr std::string_view kAsItIs = "-_.~$&+,/:;=@";
  constexpr char kHex[] = "0123456789ABCDEF";
  out += "\"file://";
  for (char const c : path) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kAsItIs.find(c) != std::string_view::npos;
    if (plain) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  out += '"';
}

class Pieces {
 public:
  explicit Pieces(std::size_t events_max) : events_max_(std::max<std::size_t>(events_max, 1)) {}

  void add_path(std::string_view path, char type) {
    begin_event();
    append_file_uri(open_, path);
    end_event(type);
  }
  void add_uri(std::string_view raw_uri, char type) {
    begin_event();
    open_ += raw_uri;
    end_event(type);
  }
  std::vector<std::string> take() {
    close();
    return std::move(done_);
  }

 private:
  void begin_event() {
    if (events_ == events_max_) close();
    open_ += events_++ == 0 ? R"({"changes":[)" : ",";
    open_ += R"({"uri":)";
  }
  void end_event(char type) {
    open_ += R"(,"type":)";
    open_ += type;
    open_ += '}';
  }
  void close() {
    if (events_ == 0) return;
    done_.push_back(std::move(open_) + "]}");
    open_.clear();
    events_ = 0;
  }

  std::size_t events_max_;
  std::size_t events_ = 0;
  std::string open_;
  std::vector<std::string> done_;
};

}  // namespace

std::vector<std::string> watched_file_events(const SnapshotChanges& changes,
                                             const std::vector<std::string>& also,
                                             std::size_t events_max) {
  Pieces pieces(events_max);
  std::unordered_set<std::string> told;
  auto const add = [&](const std::vector<std::string>& paths, char type) {
    for (std::string const& path : paths) {
      if (!also.empty()) told.insert(path);
      pieces.add_path(path, type);
    }
  };
  add(changes.created, kCreated);
  add(changes.changed, kChanged);
  add(changes.deleted, kDeleted);
  if (!changes.reload.empty()) pieces.add_path(changes.reload, kChanged);
  for (std::string const& raw : also) {
    if (raw.size() < 2) continue;
    auto const path = path_of_file_uri(
        framing::decode_json_string(std::string_view(raw).substr(1, raw.size() - 2)));
    // Another scheme is none of gopls' files.
    if (path && told.insert(*path).second) pieces.add_uri(raw, kChanged);
  }
  return pieces.take();
}

}  // namespace bridge::session
