#include "proxy/session/park/parked_drain.h"

#include <algorithm>
#include <array>
#include <utility>

#include "framing/json_walk.h"
#include "proxy/session/compose.h"
#include "proxy/session/journal/json_fields.h"
#include "proxy/session/journal/message_id.h"

namespace bridge::session {
namespace {

constexpr int kMethodNotFound = -32601;  // JSON-RPC 2.0, section 5.1
// gopls has one or two tokens at a time.
constexpr std::size_t kTokensMax = 256;

struct FixedAnswer {
  std::string_view method;
  std::string_view raw_result;
};
constexpr std::array kFixedAnswers = {
    FixedAnswer{"client/registerCapability", "null"},
    FixedAnswer{"client/unregisterCapability", "null"},
    FixedAnswer{"window/workDoneProgress/create", "null"},
    FixedAnswer{"window/showMessageRequest", "null"},
    FixedAnswer{"window/showDocument", R"({"success":false})"},
    FixedAnswer{"workspace/applyEdit", R"({"applied":false})"},
    FixedAnswer{"workspace/workspaceFolders", "null"},
    FixedAnswer{"workspace/codeLens/refresh", "null"},
    FixedAnswer{"workspace/semanticTokens/refresh", "null"},
    FixedAnswer{"workspace/inlayHint/refresh", "null"},
    FixedAnswer{"workspace/inlineValue/refresh", "null"},
    FixedAnswer{"workspace/foldingRange/refresh", "null"},
    FixedAnswer{"workspace/diagnostic/refresh", "null"},
};

// What the journal must hear of.
constexpr std::array<std::string_view, 3> kKeptRequests = {
    "client/registerCapability", "client/unregisterCapability", "window/workDoneProgress/create"};

constexpr FieldName kParams("params");
constexpr FieldName kToken("token");
constexpr FieldName kItems("items");

}  // namespace

ParkedDrain::ParkedDrain(DrainStart start, framing::Limits limits)
    : start_(std::move(start)), scanner_(limits) {
  for (const ServerRequest& request : start_.open_requests) {
    answer({.kind = framing::MessageKind::request, .method = request.method, .id = request.raw_id},
           {});
  }
  on_bytes(std::exchange(start_.unread, {}));
}

bool ParkedDrain::on_bytes(std::string_view bytes) {
  if (!trouble_.empty()) return false;
  received_ += bytes;
  std::string_view pending = received_;
  while (trouble_.empty()) {
    framing::Scan const scan = scanner_.next(pending);
    if (scan.kind == framing::Scan::Kind::need_more) break;
    if (scan.kind != framing::Scan::Kind::frame) {
      fail("the server sent what is no LSP: " + std::string(framing::to_string(scan.fault)));
      break;
    }
    take_frame(pending.substr(scan.header_size, scan.body_size));
    pending.remove_prefix(scan.frame_size());
  }
  if (pending.empty()) {
    received_ = {};  // a long frame's memory is given back
  } else {
    received_.erase(0, received_.size() - pending.size());
  }
  return trouble_.empty();
}

std::string ParkedDrain::take_output() { return std::exchange(output_, {}); }

bool ParkedDrain::ready() const noexcept {
  return trouble_.empty() && received_.empty() && output_.empty() && start_.owed.empty() &&
         start_.open_progress.empty();
}

void ParkedDrain::take_frame(std::string_view body) {
  framing::EnvelopeText const envelope = framing::text_of(framing::scan_envelope(body), body);
  switch (envelope.kind) {
    case framing::MessageKind::response:
      return take_answer(envelope.id);
    case framing::MessageKind::request: {
      std::string_view const params = field(body, kParams);
      answer(envelope, params);
      if (envelope.method_is("window/workDoneProgress/create"))
        open_progress(field(params, kToken));
      if (std::any_of(kKeptRequests.begin(), kKeptRequests.end(),
                      [&](std::string_view method) { return envelope.method_is(method); }))
        keep(body);
      return;
    }
    case framing::MessageKind::notification:
      return take_notification(envelope, body);
    case framing::MessageKind::batch:
    case framing::MessageKind::invalid:
      // Also an error with id null: the server could not read something of ours.
      return fail("the server sent what is no message");
  }
}

void ParkedDrain::take_answer(std::string_view raw_id) {
  auto const owed = std::find_if(start_.owed.begin(), start_.owed.end(),
                                 [&](const std::string& id) { return same_id(id, raw_id); });
  if (owed == start_.owed.end()) return fail("the server answered what it was not asked");
  start_.owed.erase(owed);
}

void ParkedDrain::answer(const framing::EnvelopeText& request, std::string_view params) {
  if (request.method_is("workspace/configuration")) {
    output_ += framed(result_message(request.id, configuration_for(params)));
    return;
  }
  for (const FixedAnswer& fixed : kFixedAnswers) {
    if (!request.method_is(fixed.method)) continue;
    output_ += framed(result_message(request.id, fixed.raw_result));
    return;
  }
  output_ += framed(error_message(request.id, kMethodNotFound, "the editor has left"));
}

std::string ParkedDrain::configuration_for(std::string_view params) const {
  // Asked before the editor left: what for is not known. gopls has one item in each request, and
  // asks again when the session is taken up.
  if (params.empty() && !start_.configuration.empty()) return start_.configuration.back().second;
  for (auto const& [asked, result] : start_.configuration)
    if (asked == params) return result;
  std::string nulls;
  for_each_element(field(params, kItems), [&nulls](std::string_view) {
    nulls += nulls.empty() ? "null" : ",null";
    return true;
  });
  return '[' + nulls + ']';
}

void ParkedDrain::take_notification(const framing::EnvelopeText& envelope, std::string_view body) {
  if (envelope.method_is("textDocument/publishDiagnostics"))
    return take_diagnostics(field(body, kParams));
  if (envelope.method_is("$/progress") && take_progress(field(body, kParams))) keep(body);
}

void ParkedDrain::take_diagnostics(std::string_view params) {
  static constexpr FieldName kUri("uri");
  static constexpr FieldName kDiagnostics("diagnostics");
  std::string_view const raw_uri = field(params, kUri);
  std::string_view const list = field(params, kDiagnostics);
  if (!is_string(raw_uri)) return;
  std::size_t const first = framing::skip_space(list, std::min<std::size_t>(1, list.size()));
  bool const carries = is_array(list) && first < list.size() && list[first] != ']';
  std::string told = R"({"uri":)";
  told += raw_uri;
  told += carries ? R"(,"diagnostics":[{}]})" : R"(,"diagnostics":[]})";
  told = notification_message("textDocument/publishDiagnostics", told);

  auto const [known, is_new] = diagnosed_.try_emplace(std::string(raw_uri), news_.size());
  if (is_new) return keep(told);
  std::string& before = news_[known->second];
  news_bytes_ = news_bytes_ - before.size() + told.size();
  before = std::move(told);
}

// Whether the journal must hear of it.
bool ParkedDrain::take_progress(std::string_view params) {
  static constexpr FieldName kValue("value");
  static constexpr FieldName kKind("kind");
  std::string_view const token = field(params, kToken);
  std::string_view const kind = field(field(params, kValue), kKind);
  if (kind == R"("begin")") {
    open_progress(token);
    return true;
  }
  if (kind != R"("end")") return false;
  std::erase_if(start_.open_progress,
                [&](const std::string& open) { return same_id(open, token); });
  return true;
}

// From the request to create it on: gopls begins at once when that is answered.
void ParkedDrain::open_progress(std::string_view raw_token) {
  if (raw_token.empty() ||
      std::any_of(start_.open_progress.begin(), start_.open_progress.end(),
                  [&](const std::string& open) { return same_id(open, raw_token); }))
    return;
  if (start_.open_progress.size() >= kTokensMax) return fail("the server began too much at once");
  start_.open_progress.emplace_back(raw_token);
}

void ParkedDrain::keep(std::string_view body) {
  news_bytes_ += body.size();
  if (news_bytes_ > kNewsBytesMax) return fail("the server sent more than is kept");
  news_.emplace_back(body);
}

void ParkedDrain::fail(std::string why) {
  if (trouble_.empty()) trouble_ = std::move(why);
}

}  // namespace bridge::session
