// One message of the control protocol between fronts, the daemon and `status` (CONTROL.md): a verb
// and named values. On the wire one datagram of a SOCK_SEQPACKET socket, a descriptor beside it
// where the verb says so. Pure: no I/O.
//
//   gopls-bridge/1 VERB NUL name=value NUL name=value NUL …
//
// Values are any bytes but NUL, as environment variables are. Names may repeat, and unknown ones
// are passed over. Text of another protocol version is told from text of none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge::lease {

inline constexpr int kControlVersion = 1;
// Half of what a Unix socket takes in one datagram by default. The largest is a lease, with the
// environment that gopls is started with.
inline constexpr std::size_t kControlMessageBytesMax = std::size_t{96} * 1024;

struct ControlMessage {
  std::string verb;  // [a-z-]+
  std::vector<std::pair<std::string, std::string>> fields;

  // The first of that name; empty where there is none.
  std::string_view get(std::string_view name) const noexcept;
  std::vector<std::string> all(std::string_view name) const;
  // nullopt where it is missing or no decimal number.
  std::optional<std::uint64_t> number(std::string_view name) const noexcept;
  ControlMessage& add(std::string_view name, std::string_view value);
  ControlMessage& add(std::string_view name, std::uint64_t value);

  friend bool operator==(const ControlMessage&, const ControlMessage&) = default;
};

// What is not encodable (a NUL in a value, or behind it all too long) is an empty text.
std::string encode(const ControlMessage& message);

struct DecodedControl {
  std::optional<ControlMessage> message;
  int version = 0;        // that the sender speaks; 0: it is no message of this protocol
  std::string complaint;  // why there is no message
};
DecodedControl decode_control(std::string_view datagram);

}  // namespace bridge::lease
