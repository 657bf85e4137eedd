#include "proxy/session/journal/journal.h"

#include <initializer_list>
#include <utility>

#include "proxy/session/journal/json_fields.h"
#include "proxy/session/journal/message_id.h"

namespace bridge::session {
namespace {

using framing::EnvelopeText;
using framing::MessageKind;

// Requests in flight whose bodies are kept while a server has them: with request_bytes_max, 16 MiB.
// VS Code has some tens.
constexpr std::size_t kKeptBodiesMax = 256;
// More than these in flight, and somebody is broken.
constexpr std::size_t kAskedMax = 65536;
constexpr std::size_t kServerRequestsMax = 256;  // the oldest are dropped; gopls has a handful
constexpr std::size_t kRemarksMax = 64;  // taken after every message, so seldom more than one

std::string_view params_of(std::string_view body) {
  static constexpr FieldName kParams("params");
  return field(body, kParams);
}

bool names_one_of(const EnvelopeText& envelope, std::initializer_list<std::string_view> names) {
  for (std::string_view const name : names)
    if (envelope.method_is(name)) return true;
  return false;
}

}  // namespace

PositionEncoding Journal::encoding_of(std::string_view result) {
  static constexpr FieldName kCapabilities("capabilities");
  static constexpr FieldName kPositionEncoding("positionEncoding");
  std::string_view const name = field(field(result, kCapabilities), kPositionEncoding);
  if (name == R"("utf-8")") return PositionEncoding::utf8;
  if (name == R"("utf-32")") return PositionEncoding::utf32;
  return PositionEncoding::utf16;  // also where it is not said
}

Journal::Journal(Settings settings) : settings_(settings) {}

bool Journal::needs_body(relay::Direction direction, const EnvelopeText& head) const noexcept {
  if (direction == relay::Direction::to_server) {
    if (head.method.empty()) return false;
    return names_one_of(
        head, {"textDocument/didChange", "textDocument/didOpen", "textDocument/didClose",
               "textDocument/didSave", "$/cancelRequest", "$/setTrace", "initialize", "initialized",
               "workspace/didChangeConfiguration", "workspace/didChangeWorkspaceFolders"});
  }
  if (head.method.empty()) return awaits_initialize_answer();
  return names_one_of(head,
                      {"textDocument/publishDiagnostics", "$/progress", "client/registerCapability",
                       "client/unregisterCapability", "window/workDoneProgress/create"});
}

void Journal::on_editor_message(const EnvelopeText& envelope, std::string_view body, bool keep) {
  switch (envelope.kind) {
    case MessageKind::request:
      return on_request(envelope, body, keep);
    case MessageKind::notification:
      return on_notification(envelope, body);
    case MessageKind::response:
      for (auto it = server_requests_.begin(); it != server_requests_.end(); ++it) {
        if (!same_id(it->raw_id, envelope.id)) continue;
        server_requests_.erase(it);
        return;
      }
      return;
    case MessageKind::batch:
    case MessageKind::invalid:
      return;
  }
}

void Journal::on_request(const EnvelopeText& envelope, std::string_view body, bool keep) {
  if (envelope.method_is("initialize")) return on_initialize(body);
  if (envelope.method_is("shutdown")) return;
  if (asked_.size() >= kAskedMax ||
      envelope.id.size() + envelope.method.size() > settings_.request_bytes_max)
    return remark("a request is not kept: too many in flight, or its id or method is too long");
  bool const fits = body.size() <= settings_.request_bytes_max && asked_.size() < kKeptBodiesMax;
  asked_.add(envelope.id, envelope.method, keep || fits ? body : std::string_view{},
             documents_.events());
}

void Journal::on_notification(const EnvelopeText& envelope, std::string_view body) {
  std::size_t const bytes_max = settings_.document_bytes_max;
  bool read = true;
  if (envelope.method_is("textDocument/didChange")) {
    read = documents_.change(params_of(body), bytes_max);
  } else if (envelope.method_is("textDocument/didOpen")) {
    read = documents_.open(params_of(body), bytes_max);
  } else if (envelope.method_is("textDocument/didClose")) {
    read = documents_.close(params_of(body));
  } else if (envelope.method_is("textDocument/didSave")) {
    read = documents_.save(params_of(body));
  } else if (envelope.method_is("$/cancelRequest")) {
    static constexpr FieldName kId("id");
    AskedRequest* const asked = asked_.find(field(params_of(body), kId));
    if (asked != nullptr) asked->cancelled = true;
  } else if (envelope.method_is("initialized")) {
    initialized_ = body;
  } else if (envelope.method_is("$/setTrace")) {
    trace_ = body;
  } else if (envelope.method_is("workspace/didChangeConfiguration")) {
    configuration_ = body;
  } else if (envelope.method_is("workspace/didChangeWorkspaceFolders")) {
    read = folders_.change(params_of(body));
  } else {
    return;
  }
  if (std::string lost = documents_.take_remark(); !lost.empty()) return remark(std::move(lost));
  if (!read)
    remark(std::string(envelope.method) + " could not be read, or is for no open document");
}

void Journal::on_initialize(std::string_view body) {
  // gopls refuses a second one.
  if (initialize_.answered) return;
  framing::Envelope const envelope = framing::scan_envelope(body);
  std::string_view const params = params_of(body);
  initialize_ = {.body = std::string(body), .id = envelope.id, .params = {}, .answered = false};
  if (is_object(params))
    initialize_.params = {static_cast<std::size_t>(params.data() - body.data()), params.size()};
  folders_.set(params);
}

void Journal::on_server_message(const EnvelopeText& envelope, std::string_view body) {
  bool read = true;
  switch (envelope.kind) {
    case MessageKind::response:
      if (awaits_initialize_answer() && same_id(initialize_.id.in(initialize_.body), envelope.id))
        return on_initialize_answer(body);
      asked_.remove(envelope.id);
      return;
    case MessageKind::request:
      if (server_requests_.size() >= kServerRequestsMax)
        server_requests_.erase(server_requests_.begin());
      server_requests_.push_back({std::string(envelope.id), std::string(envelope.method)});
      if (envelope.method_is("client/registerCapability")) {
        read = shown_.register_capability(params_of(body));
      } else if (envelope.method_is("client/unregisterCapability")) {
        read = shown_.unregister_capability(params_of(body));
      } else if (envelope.method_is("window/workDoneProgress/create")) {
        read = shown_.create_progress(params_of(body));
      }
      break;
    case MessageKind::notification:
      if (envelope.method_is("textDocument/publishDiagnostics")) {
        read = shown_.publish_diagnostics(params_of(body));
      } else if (envelope.method_is("$/progress")) {
        read = shown_.progress(params_of(body));
      }
      break;
    case MessageKind::batch:
    case MessageKind::invalid:
      return;
  }
  if (!read) remark(std::string(envelope.method) + " of the server's could not be read");
}

void Journal::on_initialize_answer(std::string_view body) {
  static constexpr FieldName kResult("result");
  static constexpr FieldName kError("error");
  std::string_view const error = field(body, kError);
  std::string_view const result = field(body, kResult);
  // Refused: the editor may try again.
  if ((!error.empty() && error != "null") || result.empty()) {
    initialize_ = {};
    folders_.set({});
    return;
  }
  take_over(result);
}

void Journal::forget_editor() {
  documents_ = {};
  asked_ = {};
  server_requests_.clear();
  trace_.clear();
  configuration_.clear();
}

void Journal::take_over(std::string_view initialize_result) {
  initialize_.answered = true;
  initialize_result_ = initialize_result;
  documents_.set_encoding(encoding_of(initialize_result));
}

void Journal::restore_diagnosed(const std::vector<std::string>& raw_uris) {
  for (std::string const& raw_uri : raw_uris) shown_.restore_diagnosed(raw_uri);
}

std::string Journal::initialize_request(std::string_view raw_id) const {
  std::string body = initialize_.body;
  framing::Piece const params = initialize_.params;
  auto const put_params = [&] {
    if (params && folders_.changed())
      body.replace(params.offset, params.size, folders_.fold_into(params.in(initialize_.body)));
  };
  // The one behind first, so that the other's place holds.
  bool const id_first = initialize_.id.offset < params.offset;
  if (id_first) put_params();
  body.replace(initialize_.id.offset, initialize_.id.size, raw_id);
  if (!id_first) put_params();
  return body;
}

std::vector<std::string> Journal::preamble() const {
  std::vector<std::string> bodies;
  for (const std::string* body : {&initialized_, &trace_, &configuration_})
    if (!body->empty()) bodies.push_back(*body);
  return bodies;
}

// A message that is as wrong as the last one is not worth another line.
void Journal::remark(std::string text) {
  if (text == last_remark_ || remarks_.size() >= kRemarksMax) return;
  last_remark_ = text;
  remarks_.push_back(std::move(text));
}

std::vector<std::string> Journal::take_remarks() { return std::exchange(remarks_, {}); }

std::size_t Journal::memory() const noexcept {
  std::size_t bytes = sizeof(Journal) + initialize_.body.capacity() +
                      initialize_result_.capacity() + initialized_.capacity() + trace_.capacity() +
                      configuration_.capacity() + folders_.memory() + documents_.memory() +
                      asked_.memory() + shown_.memory() +
                      server_requests_.capacity() * sizeof(ServerRequest) +
                      remarks_.capacity() * sizeof(std::string) + last_remark_.capacity();
  for (const ServerRequest& request : server_requests_)
    bytes += request.raw_id.capacity() + request.method.capacity();
  for (const std::string& text : remarks_) bytes += text.capacity();
  return bytes;
}

}  // namespace bridge::session
