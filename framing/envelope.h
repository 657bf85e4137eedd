// Method, id and kind of a JSON-RPC message, found in its body without building a tree.
//
// Two readers. scan_envelope() is exact: it walks the whole top level (depth 1) of the body the way
// gopls decodes it: names are matched without case, the last of repeated names counts, escapes in
// names are decoded, nested members are skipped. look_at_envelope() sees only the first
// kHeadBytes and the last kTailBytes, costs the same for any size, and says nothing where it is not
// sure. It is for authors who are known to write JSON-RPC members once each: servers, and clients
// in messages longer than any that a guard cares for. FORMAT.md has the argument.
//
// Neither validates JSON: a body that is not JSON may get any envelope.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bridge::framing {

inline constexpr std::size_t kHeadBytes = 256;  // settles VS Code's and gopls' requests
inline constexpr std::size_t kTailBytes = 64;   // gopls writes `id` last

enum class MessageKind : std::uint8_t {
  request,       // method and id
  response,      // id, no method
  notification,  // method; id absent or null (gopls reads both so)
  batch,         // a JSON array: gopls refuses it
  invalid,       // no object, or neither method nor id, or a method or id of the wrong type
};

std::string_view to_string(MessageKind kind) noexcept;

// A piece of the body. size 0: absent.
struct Piece {
  std::size_t offset = 0;
  std::size_t size = 0;
  std::string_view in(std::string_view body) const noexcept { return body.substr(offset, size); }
  explicit operator bool() const noexcept { return size != 0; }
  friend bool operator==(const Piece&, const Piece&) = default;
};

struct Envelope {
  MessageKind kind = MessageKind::invalid;
  Piece method;                 // between the quotes, escapes as sent
  Piece id;                     // raw text: 7, "a\u0062", with the quotes of a string
  bool method_escaped = false;  // the method has a backslash: compare with method_is()
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

// An envelope with its pieces as text: for a message whose body is not all in one place. Valid as
// long as the bytes it was made of.
struct EnvelopeText {
  MessageKind kind = MessageKind::invalid;
  std::string_view method;
  std::string_view id;
  bool method_escaped = false;
  // Whether the method, with escapes decoded, is `name` (ASCII). Case counts, as in gopls.
  bool method_is(std::string_view name) const noexcept;
  friend bool operator==(const EnvelopeText&, const EnvelopeText&) = default;
};
EnvelopeText text_of(const Envelope& envelope, std::string_view body) noexcept;

// kind batch or invalid: method and id are absent.
Envelope scan_envelope(std::string_view body) noexcept;

// `head` and `tail` are the first and last bytes of a body of body_size bytes; they may overlap.
// nullopt: not settled, use scan_envelope(). What it settles is what scan_envelope() says, if the
// body is JSON and a JSON-RPC message whose top-level names are of {jsonrpc, id, method, params,
// result, error}, none twice. A client that writes `"Method":"exit"` behind long params can deceive
// it: what a guard decides by comes from scan_envelope() as far as it matters (FORMAT.md).
std::optional<Envelope> look_at_envelope(std::string_view head, std::string_view tail,
                                         std::size_t body_size) noexcept;

// look_at_envelope(), and scan_envelope() where that does not settle it. Same contract as the look.
Envelope read_envelope(std::string_view body) noexcept;

// What the head alone tells of a body that goes on behind it: a response, or the method. `id` is
// empty while it has not been seen, and then a request may yet turn out to be a notification, and a
// response to be no message. nullopt: the head is not of the form that look_at_envelope() settles,
// so it will not settle the whole either.
std::optional<EnvelopeText> look_at_head(std::string_view head) noexcept;

// look_at_envelope() as text.
std::optional<EnvelopeText> look_at_ends(std::string_view head, std::string_view tail,
                                         std::size_t body_size) noexcept;

// Whether the message's method, with escapes decoded, is `name` (ASCII). Case counts, as in gopls.
bool method_is(const Envelope& envelope, std::string_view body, std::string_view name) noexcept;

// --- DAP: the same for seq / type / command / request_seq --------------------------------------

// A request has a command, an event its event, a response its request_seq; else invalid, and then
// all pieces are absent.
enum class DapKind : std::uint8_t { request, response, event, invalid };

struct DapEnvelope {
  DapKind kind = DapKind::invalid;
  Piece seq;          // raw number text
  Piece request_seq;  // responses
  Piece command;      // requests and responses; between the quotes
  Piece event;        // events
  friend bool operator==(const DapEnvelope&, const DapEnvelope&) = default;
};

DapEnvelope scan_dap_envelope(std::string_view body) noexcept;

}  // namespace bridge::framing
