// PARKED.md says what stands where.
#include "proxy/session/park/parked_session.h"

#include "proxy/session/journal/json_fields.h"
#include "proxy/session/journal/record.h"

namespace bridge::session {
namespace {

constexpr std::string_view kMagic = "gbpark\r\n";  // shows a transfer that changes line ends
constexpr std::uint32_t kVersion = 1;

constexpr char kCutShort[] = "cut short";

void put_part(RecordWriter& out, std::string_view part) {
  out.put_u64(checksum(part));
  out.put_text(part);
}

// Reads one piece after the other; after the first complaint, nothing.
class PartReader {
 public:
  explicit PartReader(std::string_view bytes) : in_(bytes) {
    if (in_.take_bytes(kMagic.size()) != kMagic) refuse("no parked session");
    std::uint32_t const version = in_.take_u32();
    if (!in_.ok()) refuse(kCutShort);
    if (version != kVersion)
      refuse("a parked session of version " + std::to_string(version) + ", not " +
             std::to_string(kVersion));
  }
  // Empty where it is not whole.
  std::string_view take_part() {
    if (!ok()) return {};
    std::uint64_t const sum = in_.take_u64();
    std::string_view const part = in_.take_text();
    if (!in_.ok()) {
      refuse(kCutShort);
      return {};
    }
    if (sum == checksum(part)) return part;
    refuse("a checksum is wrong");
    return {};
  }
  bool at_end() const noexcept { return in_.at_end(); }
  bool ok() const noexcept { return error_.empty(); }
  void refuse(std::string why) {
    if (error_.empty()) error_ = std::move(why);
  }
  void expect_end(const RecordReader& part) {
    if (!part.ok() || !part.at_end()) refuse("its sections are not those of this version");
  }
  std::string& error() noexcept { return error_; }

 private:
  RecordReader in_;
  std::string error_;
};

std::vector<std::string> take_texts(RecordReader& in) {
  std::vector<std::string> texts;
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) texts.emplace_back(in.take_text());
  return texts;
}

void put_texts(RecordWriter& out, const std::vector<std::string>& texts) {
  out.put_u64(texts.size());
  for (const std::string& text : texts) out.put_text(text);
}

DrainStart take_drain(PartReader& parts) {
  DrainStart drain;
  RecordReader in(parts.take_part());
  if (!parts.ok()) return drain;
  drain.unread = in.take_text();
  drain.owed = take_texts(in);
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    std::string_view const raw_id = in.take_text();
    drain.open_requests.push_back({std::string(raw_id), std::string(in.take_text())});
  }
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    std::string_view const raw_params = in.take_text();
    drain.configuration.emplace_back(raw_params, in.take_text());
  }
  drain.open_progress = take_texts(in);
  parts.expect_end(in);
  return drain;
}

}  // namespace

std::string serialise(const ParkedSession& session) {
  RecordWriter drain;
  drain.put_text(session.drain.unread);
  put_texts(drain, session.drain.owed);
  drain.put_u64(session.drain.open_requests.size());
  for (const ServerRequest& request : session.drain.open_requests) {
    drain.put_text(request.raw_id);
    drain.put_text(request.method);
  }
  drain.put_u64(session.drain.configuration.size());
  for (auto const& [raw_params, raw_result] : session.drain.configuration) {
    drain.put_text(raw_params);
    drain.put_text(raw_result);
  }
  put_texts(drain, session.drain.open_progress);

  RecordWriter rest;
  rest.put_text(session.journal);
  rest.put_u64(session.documents.size());
  for (const KeptDocument& document : session.documents) {
    rest.put_text(document.raw_uri);
    rest.put_u64(document.bytes);
    rest.put_u64(document.text_checksum);
  }
  rest.put_text(session.snapshot);
  rest.put_text(session.links);

  RecordWriter out;
  out.bytes() = kMagic;
  out.put_u32(kVersion);
  put_part(out, drain.bytes());
  put_part(out, rest.bytes());
  return std::move(out.bytes());
}

std::string serialise_news(const std::vector<std::string>& news) {
  RecordWriter part;
  put_texts(part, news);
  RecordWriter out;
  put_part(out, part.bytes());
  return std::move(out.bytes());
}

std::optional<ParkedSession> parse_parked(std::string_view bytes, std::string& error) {
  PartReader parts(bytes);
  ParkedSession session;
  session.drain = take_drain(parts);

  if (RecordReader in(parts.take_part()); parts.ok()) {
    session.journal = in.take_text();
    for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
      KeptDocument document;
      document.raw_uri = in.take_text();
      document.bytes = in.take_u64();
      document.text_checksum = in.take_u64();
      if (!is_string(document.raw_uri)) in.fail();
      if (in.ok()) session.documents.push_back(std::move(document));
    }
    session.snapshot = in.take_text();
    session.links = in.take_text();
    parts.expect_end(in);
  }
  if (parts.ok() && !parts.at_end()) {
    RecordReader in(parts.take_part());
    if (parts.ok()) {
      session.news = take_texts(in);
      parts.expect_end(in);
    }
    if (parts.ok() && !parts.at_end()) parts.refuse("more bytes than one parked session");
  }
  if (parts.ok()) return session;
  error = std::move(parts.error());
  return std::nullopt;
}

std::optional<DrainStart> parse_drain_start(std::string_view bytes, std::string& error) {
  PartReader parts(bytes);
  DrainStart drain = take_drain(parts);
  if (parts.ok()) return drain;
  error = std::move(parts.error());
  return std::nullopt;
}

}  // namespace bridge::session
