#include "proxy/lease/control_message.h"

#include <charconv>

namespace bridge::lease {
namespace {

constexpr std::string_view kProtocol = "gopls-bridge/";

bool is_verb(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == text.npos;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of(std::string_view("=\0", 2)) == text.npos;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view ControlMessage::get(std::string_view name) const noexcept {
  for (auto const& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string> ControlMessage::all(std::string_view name) const {
  std::vector<std::string> values;
  for (auto const& [key, value] : fields) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::optional<std::uint64_t> ControlMessage::number(std::string_view name) const noexcept {
  return decimal(get(name));
}

ControlMessage& ControlMessage::add(std::string_view name, std::string_view value) {
  fields.emplace_back(name, value);
  return *this;
}

ControlMessage& ControlMessage::add(std::string_view name, std::uint64_t value) {
  return add(name, std::to_string(value));
}

std::string encode(const ControlMessage& message) {
  if (!is_verb(message.verb)) return {};
  std::string text;
  text += kProtocol;
  text += std::to_string(kControlVersion);
  text += ' ';
  text += message.verb;
  text += '\0';
  for (auto const& [name, value] : message.fields) {
    if (!is_name(name) || value.find('\0') != value.npos) return {};
    text += name;
    text += '=';
    text += value;
    text += '\0';
  }
  if (text.size() > kControlMessageBytesMax) return {};
  return text;
}

DecodedControl decode_control(std::string_view datagram) {
  DecodedControl decoded;
  auto const refuse = [&decoded](const char* complaint) {
    decoded.complaint = complaint;
    return decoded;
  };
  if (!datagram.starts_with(kProtocol)) return refuse("is no message of gopls-bridge");
  auto const space = datagram.find(' ');
  if (space == datagram.npos) return refuse("names no version");
  auto const version = decimal(datagram.substr(kProtocol.size(), space - kProtocol.size()));
  if (!version || *version == 0 || *version > 1000) return refuse("names no version");
  decoded.version = static_cast<int>(*version);
  if (decoded.version != kControlVersion) return refuse("is of another version of the protocol");
  if (datagram.size() > kControlMessageBytesMax) return refuse("is too long");
  if (!datagram.ends_with('\0')) return refuse("is cut short");
  datagram.remove_prefix(space + 1);

  ControlMessage message;
  auto end = datagram.find('\0');
  if (!is_verb(datagram.substr(0, end))) return refuse("has no verb");
  message.verb = datagram.substr(0, end);
  for (;;) {
    datagram.remove_prefix(end + 1);
    if (datagram.empty()) break;
    end = datagram.find('\0');
    std::string_view const field = datagram.substr(0, end);
    auto const equals = field.find('=');
    if (equals == field.npos || equals == 0) return refuse("has a value without a name");
    message.fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  decoded.message = std::move(message);
  return decoded;
}

}  // namespace bridge::lease
