#include "framing/envelope.h"
#include "framing/json_scalar.h"
#include "framing/json_walk.h"

namespace bridge::framing {
namespace {

// Sets `piece` to the text between the quotes. False if the value is no string; null changes
// nothing, as in Go.
bool take_string(std::string_view body, Piece value, Piece& piece) noexcept {
  std::string_view const text = value.in(body);
  if (text == "null") return true;
  if (text.front() != '"') return false;
  piece = {value.offset + 1, value.size - 2};
  return true;
}

bool take_int(std::string_view body, Piece value, Piece& piece) noexcept {
  std::string_view const text = value.in(body);
  if (text == "null") return true;
  if (!is_int64(text)) return false;
  piece = value;
  return true;
}

}  // namespace

// What dlv's reader (google/go-dap, DecodeProtocolMessage) makes of it.
DapEnvelope scan_dap_envelope(std::string_view body) noexcept {
  std::size_t const begin = skip_space(body, 0);
  if (begin == body.size() || body[begin] != '{') return {};

  DapEnvelope envelope;
  Piece type;
  for (ObjectWalk walk(body, begin); walk.next();) {
    std::string_view const name = walk.name().in(body);
    bool taken = true;
    if (name_is(name, "seq", NameMatch::folded))
      taken = take_int(body, walk.value(), envelope.seq);
    else if (name_is(name, "type", NameMatch::folded))
      taken = take_string(body, walk.value(), type);
    else if (name_is(name, "command", NameMatch::folded))
      taken = take_string(body, walk.value(), envelope.command);
    else if (name_is(name, "event", NameMatch::folded))
      taken = take_string(body, walk.value(), envelope.event);
    else if (name_is(name, "request_seq", NameMatch::folded))
      taken = take_int(body, walk.value(), envelope.request_seq);
    if (!taken) return {};
  }

  std::string_view const type_text = type.in(body);
  if (name_is(type_text, "request", NameMatch::exact) && envelope.command) {
    envelope.kind = DapKind::request;
    envelope.request_seq = {};
    envelope.event = {};
  } else if (name_is(type_text, "response", NameMatch::exact) && envelope.request_seq) {
    envelope.kind = DapKind::response;
    envelope.event = {};
  } else if (name_is(type_text, "event", NameMatch::exact) && envelope.event) {
    envelope.kind = DapKind::event;
    envelope.request_seq = {};
    envelope.command = {};
  } else {
    return {};
  }
  return envelope;
}

}  // namespace bridge::framing
