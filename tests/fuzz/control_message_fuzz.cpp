// A datagram is read as a simple reader reads it, and written again as it came.
// Input: the datagram.
#include <optional>
#include <string>
#include <string_view>

#include "proxy/lease/control_message.h"
#include "tests/fuzz/choices.h"

namespace {

using bridge::lease::ControlMessage;

// CONTROL.md, word by word; only for texts that begin as those of version 1 do.
std::optional<ControlMessage> naive_read(std::string_view text) {
  constexpr std::string_view kBegin = "gopls-bridge/1 ";
  if (!text.starts_with(kBegin) || text.size() > bridge::lease::kControlMessageBytesMax)
    return std::nullopt;
  ControlMessage message;
  bool verb = true;
  std::string part;
  for (char const letter : text.substr(kBegin.size())) {
    if (letter != '\0') {
      part += letter;
      continue;
    }
    if (verb) {
      if (part.empty()) return std::nullopt;
      for (char const one : part)
        if (one != '-' && (one < 'a' || one > 'z')) return std::nullopt;
      message.verb = part;
      verb = false;
    } else {
      std::size_t equals = 0;
      while (equals < part.size() && part[equals] != '=') ++equals;
      if (equals == 0 || equals == part.size()) return std::nullopt;
      message.fields.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
    part.clear();
  }
  if (verb || !part.empty()) return std::nullopt;
  return message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace bridge::lease;
  std::string_view const text(reinterpret_cast<char const*>(data), size);
  auto const decoded = decode_control(text);
  bridge::fuzz::expect(decoded.message.has_value() == decoded.complaint.empty(),
                       "a message and a complaint, or neither");
  if (decoded.message)
    bridge::fuzz::expect(decode_control(encode(*decoded.message)).message == decoded.message,
                         "a message is not read as it was written");
  if (!text.starts_with("gopls-bridge/1 ")) return 0;  // of another version, or 01
  bridge::fuzz::expect(decoded.message == naive_read(text), "read in another way");
  bridge::fuzz::expect(!decoded.message || encode(*decoded.message) == text,
                       "not written as it came");
  return 0;
}
