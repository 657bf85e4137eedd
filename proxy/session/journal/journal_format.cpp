// Journal::serialise() and Journal::parse(). FORMAT.md says what stands where.
#include <utility>

#include "proxy/session/journal/journal.h"
#include "proxy/session/journal/json_fields.h"
#include "proxy/session/journal/record.h"

namespace bridge::session {
namespace {

constexpr std::string_view kMagic = "gbjrnl\r\n";  // shows a transfer that changes line ends
constexpr std::uint32_t kVersion = 1;

}  // namespace

std::string Journal::serialise() const {
  RecordWriter body;
  body.put_text(initialize_.body);
  body.put_text(initialize_result_);
  body.put_text(initialized_);
  body.put_text(trace_);
  body.put_text(configuration_);

  body.put_u8(folders_.changed() ? 1 : 0);
  body.put_u64(folders_.raw().size());
  for (const std::string& folder : folders_.raw()) body.put_text(folder);

  body.put_u64(documents_.events());
  body.put_u64(documents_.size());
  for (std::size_t n = 0; n < documents_.size(); ++n) {
    const OpenDocument& document = documents_.at(n);
    body.put_text(document.raw_uri);
    body.put_text(document.raw_language_id);
    body.put_u64(static_cast<std::uint64_t>(document.version));
    body.put_text(document.lost);
    body.put_u8(document.saved ? 1 : 0);
    body.put_u64(document.changes);
    body.put_u64(document.text.size());
    document.text.append_bytes(body.bytes(), {0, document.text.size()});
  }

  body.put_u64(asked_.size());
  for (std::size_t n = 0; n < asked_.size(); ++n) {
    const AskedRequest& asked = asked_.at(n);
    body.put_text(asked.raw_id);
    body.put_text(asked.method);
    body.put_text(asked.body);
    body.put_u64(asked.edits);
    body.put_u8(asked.cancelled ? 1 : 0);
    body.put_u32(static_cast<std::uint32_t>(asked.asked_again));
    body.put_u8(asked.with_server ? 1 : 0);
  }
  body.put_u64(server_requests_.size());
  for (const ServerRequest& request : server_requests_) {
    body.put_text(request.raw_id);
    body.put_text(request.method);
  }

  body.put_u64(registrations().size());
  for (const Registration& registration : registrations()) {
    body.put_text(registration.id);
    body.put_text(registration.method);
    body.put_text(registration.raw);
  }
  body.put_u64(shown_.tokens().size());
  for (const ShownState::Token& token : shown_.tokens()) {
    body.put_text(token.raw);
    body.put_u8(token.begun ? 1 : 0);
  }
  std::vector<std::string> const files = diagnosed();
  body.put_u64(files.size());
  for (const std::string& raw_uri : files) body.put_text(raw_uri);

  RecordWriter out;
  out.bytes() = kMagic;
  out.put_u32(kVersion);
  out.put_u64(checksum(body.bytes()));
  out.put_text(body.bytes());
  return std::move(out.bytes());
}

std::optional<Journal> Journal::parse(std::string_view bytes, Settings settings,
                                      std::string& error) {
  auto const refuse = [&](std::string why) {
    error = std::move(why);
    return std::nullopt;
  };
  if (!bytes.starts_with(kMagic)) return refuse("no journal");
  RecordReader head(bytes.substr(kMagic.size()));
  std::uint32_t const version = head.take_u32();
  if (!head.ok()) return refuse("cut short");
  if (version != kVersion)
    return refuse("a journal of version " + std::to_string(version) + ", not " +
                  std::to_string(kVersion));
  std::uint64_t const sum = head.take_u64();
  std::string_view const body = head.take_text();
  if (!head.ok()) return refuse("cut short");
  if (!head.at_end()) return refuse("more bytes than one journal");
  if (sum != checksum(body)) return refuse("the checksum is wrong");

  Journal journal(settings);
  RecordReader in(body);
  std::string_view const initialize = in.take_text();
  if (!initialize.empty()) journal.on_initialize(initialize);
  journal.initialize_result_ = in.take_text();
  if (!journal.initialize_result_.empty()) {
    if (!journal.initialize_.id) return refuse("a result of no request");
    journal.initialize_.answered = true;
    journal.documents_.set_encoding(encoding_of(journal.initialize_result_));
  }
  journal.initialized_ = in.take_text();
  journal.trace_ = in.take_text();
  journal.configuration_ = in.take_text();

  bool const folders_changed = in.take_flag();
  std::vector<std::string> folders;
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) folders.emplace_back(in.take_text());
  journal.folders_.restore(std::move(folders), folders_changed);

  journal.documents_.restore_events(in.take_u64());
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    OpenDocument document;
    document.raw_uri = in.take_text();
    document.raw_language_id = in.take_text();
    document.version = static_cast<std::int64_t>(in.take_u64());
    document.lost = in.take_text();
    document.saved = in.take_flag();
    document.changes = in.take_u64();
    document.text.set(in.take_text());
    if (!is_string(document.raw_uri)) in.fail();
    if (in.ok()) journal.documents_.restore(std::move(document));
  }

  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    std::string_view const raw_id = in.take_text();
    std::string_view const method = in.take_text();
    std::string_view const request = in.take_text();
    AskedRequest& asked = journal.asked_.add(raw_id, method, request, in.take_u64());
    asked.cancelled = in.take_flag();
    asked.asked_again = static_cast<int>(in.take_u32() & 0x7FFFFFFF);
    asked.with_server = in.take_flag();
  }
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    std::string const raw_id(in.take_text());
    journal.server_requests_.push_back({raw_id, std::string(in.take_text())});
  }

  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    Registration registration;
    registration.id = in.take_text();
    registration.method = in.take_text();
    registration.raw = in.take_text();
    journal.shown_.restore(std::move(registration));
  }
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n) {
    std::string const raw(in.take_text());
    journal.shown_.restore(ShownState::Token{raw, in.take_flag()});
  }
  for (std::uint64_t n = in.take_u64(); in.ok() && n > 0; --n)
    journal.shown_.restore_diagnosed(std::string(in.take_text()));

  if (!in.ok() || !in.at_end()) return refuse("its sections are not those of this version");
  return journal;
}

}  // namespace bridge::session
