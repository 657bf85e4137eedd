#include "framing/envelope.h"

#include "framing/json_scalar.h"
#include "framing/json_walk.h"

namespace bridge::framing {

std::string_view to_string(MessageKind kind) noexcept {
  switch (kind) {
    case MessageKind::request:
      return "request";
    case MessageKind::response:
      return "response";
    case MessageKind::notification:
      return "notification";
    case MessageKind::batch:
      return "batch";
    case MessageKind::invalid:
      return "invalid";
  }
  return "unknown kind";
}

// What gopls' DecodeMessage (golang/tools, internal/jsonrpc2/messages.go) makes of it.
Envelope scan_envelope(std::string_view body) noexcept {
  std::size_t const begin = skip_space(body, 0);
  Envelope envelope;
  if (begin == body.size()) return envelope;
  if (body[begin] == '[') envelope.kind = MessageKind::batch;
  if (body[begin] != '{') return envelope;

  Piece method;
  Piece id;
  for (ObjectWalk walk(body, begin); walk.next();) {
    std::string_view const name = walk.name().in(body);
    std::string_view const value = walk.value().in(body);
    if (name_is(name, "method", NameMatch::folded)) {
      if (value.front() == '"')
        method = {walk.value().offset + 1, value.size() - 2};
      else if (value != "null")  // null leaves a Go string as it was
        return {};
    } else if (name_is(name, "id", NameMatch::folded)) {
      if (value == "null")
        id = {};  // null clears a Go pointer
      else if (value.front() == '"' || is_int64(value))
        id = walk.value();
      else
        return {};
    }
  }

  envelope.method = method;
  envelope.id = id;
  envelope.method_escaped = method.in(body).find('\\') != std::string_view::npos;
  if (method)
    envelope.kind = id ? MessageKind::request : MessageKind::notification;
  else if (id)
    envelope.kind = MessageKind::response;
  return envelope;
}

Envelope read_envelope(std::string_view body) noexcept {
  if (body.size() > kHeadBytes + kTailBytes) {
    if (auto const seen = look_at_envelope(body.substr(0, kHeadBytes),
                                           body.substr(body.size() - kTailBytes), body.size()))
      return *seen;
  }
  return scan_envelope(body);
}

EnvelopeText text_of(const Envelope& envelope, std::string_view body) noexcept {
  return {.kind = envelope.kind,
          .method = envelope.method.in(body),
          .id = envelope.id.in(body),
          .method_escaped = envelope.method_escaped};
}

bool EnvelopeText::method_is(std::string_view name) const noexcept {
  return method_escaped ? name_is(method, name, NameMatch::exact) : method == name;
}

bool method_is(const Envelope& envelope, std::string_view body, std::string_view name) noexcept {
  return text_of(envelope, body).method_is(name);
}

}  // namespace bridge::framing
