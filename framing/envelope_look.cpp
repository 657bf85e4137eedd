// The bounded look: FORMAT.md, "The bounded look", has the argument for each step.
#include "framing/envelope.h"
#include "framing/json_scalar.h"
#include "framing/json_walk.h"

namespace bridge::framing {
namespace {

// The names of JSON-RPC, as bits of a set.
constexpr unsigned kJsonrpc = 1;
constexpr unsigned kId = 2;
constexpr unsigned kMethod = 4;
constexpr unsigned kParams = 8;
constexpr unsigned kResult = 16;
constexpr unsigned kError = 32;

unsigned member_named(std::string_view name) noexcept {
  if (name == "jsonrpc") return kJsonrpc;
  if (name == "id") return kId;
  if (name == "method") return kMethod;
  if (name == "params") return kParams;
  if (name == "result") return kResult;
  if (name == "error") return kError;
  return 0;
}

// The end of a string without escapes; kNotFound if it has one or does not end in `text`.
std::size_t find_plain_string_end(std::string_view text, std::size_t at) noexcept {
  std::size_t const end = text.find_first_of("\"\\", at);
  return end != kNotFound && text[end] == '"' ? end : kNotFound;
}

struct Head {
  unsigned members = 0;     // those whose names were seen
  unsigned stopped_at = 0;  // the member whose value was not read, always one of them; 0: unclear
  char opens = 0;           // the first byte of that value
  Piece method;
  Piece id;  // absent too where the id is null

  bool is_answer() const noexcept { return stopped_at != kParams; }
  // Not: a method behind params (Neovim), or a message that is both request and answer.
  bool settles() const noexcept {
    return stopped_at != 0 && is_answer() != static_cast<bool>(method);
  }
};

// Reads members without white space until a value that is a structure or a string of some length.
Head read_head(std::string_view head) noexcept {
  Head seen;
  if (!head.starts_with('{')) return {};
  for (std::size_t at = 1; at < head.size(); ++at) {
    if (head[at] != '"') return {};
    std::size_t const name_end = find_plain_string_end(head, at + 1);
    if (name_end == kNotFound || name_end + 2 >= head.size() || head[name_end + 1] != ':')
      return {};
    unsigned const member = member_named(head.substr(at + 1, name_end - at - 1));
    if (member == 0 || (seen.members & member) != 0) return {};
    seen.members |= member;

    std::size_t const value = name_end + 2;
    char const first = head[value];
    bool const may_be_long = (member & (kParams | kResult | kError)) != 0;
    bool const structure = first == '{' || first == '[';
    std::size_t end = kNotFound;
    if (first == '"') {
      std::size_t const quote = find_plain_string_end(head, value + 1);
      if (quote != kNotFound) end = quote + 1;
    } else if (!structure) {
      end = find_value_end(head, value);
    }
    if (end == kNotFound) {
      if (!may_be_long) return {};
      seen.stopped_at = member;
      seen.opens = first;
      return seen;
    }
    // A number that ends with the head may go on.
    if (end >= head.size() || head[end] != ',') return {};
    std::string_view const text = head.substr(value, end - value);
    if (member == kJsonrpc && text != "\"2.0\"") return {};
    if (member == kMethod) {
      if (first != '"' || text.size() == 2) return {};
      seen.method = {value + 1, text.size() - 2};
    }
    if (member == kId && text != "null") {
      if (first != '"' && !is_int64(text)) return {};
      seen.id = {value, text.size()};
    }
    at = end;
  }
  return {};
}

// The id of a tail that ends in `,"id":7}` or `,"id":"a"}`; offset in the tail.
Piece read_tail_id(std::string_view tail) noexcept {
  constexpr std::string_view kName = ",\"id\":";
  if (tail.size() < kName.size() + 2 || !tail.ends_with('}')) return {};
  std::size_t const end = tail.size() - 1;
  std::size_t begin = 0;
  if (tail[end - 1] == '"') {
    begin = tail.rfind('"', end - 2);
    if (begin == kNotFound) return {};
  } else {
    begin = tail.find_last_not_of("-0123456789", end - 1) + 1;
    if (!is_int64(tail.substr(begin, end - begin))) return {};
  }
  if (!tail.substr(0, begin).ends_with(kName)) return {};
  return {begin, end - begin};
}

}  // namespace

std::optional<Envelope> look_at_envelope(std::string_view head, std::string_view tail,
                                         std::size_t body_size) noexcept {
  if (head.size() >= body_size) return scan_envelope(head.substr(0, body_size));
  Head const seen = read_head(head);
  if (!seen.settles()) return std::nullopt;
  bool const answer = seen.is_answer();

  Envelope envelope;
  envelope.method = seen.method;
  envelope.id = seen.id;
  envelope.kind = answer ? MessageKind::response : MessageKind::request;
  if (seen.id) return envelope;
  if ((seen.members & kId) == 0) {
    if (Piece const id = read_tail_id(tail)) {
      envelope.id = {body_size - tail.size() + id.offset, id.size};
      return envelope;
    }
    // The structure that ends last is params itself: nothing stands behind it, so no id.
    bool const params_last =
        (seen.opens == '{' && tail.ends_with("}}")) || (seen.opens == '[' && tail.ends_with("]}"));
    if (!params_last) return std::nullopt;
  }
  if (answer) return std::nullopt;  // an answer without id is no message
  envelope.kind = MessageKind::notification;
  return envelope;
}

std::optional<EnvelopeText> look_at_head(std::string_view head) noexcept {
  Head const seen = read_head(head);
  if (!seen.settles()) return std::nullopt;
  return EnvelopeText{.kind = seen.is_answer() ? MessageKind::response : MessageKind::request,
                      .method = seen.method.in(head),
                      .id = seen.id.in(head)};
}

std::optional<EnvelopeText> look_at_ends(std::string_view head, std::string_view tail,
                                         std::size_t body_size) noexcept {
  auto const envelope = look_at_envelope(head, tail, body_size);
  if (!envelope) return std::nullopt;
  std::size_t const tail_offset = body_size - tail.size();
  bool const id_in_tail = envelope->id.offset + envelope->id.size > head.size();
  return EnvelopeText{.kind = envelope->kind,
                      .method = envelope->method.in(head),
                      .id = id_in_tail
                                ? tail.substr(envelope->id.offset - tail_offset, envelope->id.size)
                                : envelope->id.in(head),
                      .method_escaped = envelope->method_escaped};
}

}  // namespace bridge::framing
