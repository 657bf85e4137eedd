#include "bench/typing.h"

#include <string_view>

namespace bridge::bench {
namespace {

constexpr std::string_view kTyped = R"(	result := make(map[string]int, len(files)) // by name)";
constexpr std::string_view kFileLine = R"(\tfmt.Println(\"line\", xxxxxxxx)\n)";
// In the middle of the file: an edit there is no better and no worse than the average one.
constexpr int kLineTyped = Typing::kLines / 2;

Message message_of(const std::string& body) {
  Message message;
  message.frame = framed(body);
  message.header_size = message.frame.size() - body.size();
  return message;
}

std::string position(std::size_t character) {
  return R"({"line":)" + std::to_string(kLineTyped) + R"(,"character":)" +
         std::to_string(character) + "}";
}

Message change(const std::string& uri, std::size_t from, std::size_t to, std::string_view text) {
  constexpr std::string_view kVersion = R"("version":)";
  Message message = message_of(
      R"({"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":")" +
      uri + R"(","version":10000000},"contentChanges":[{"range":{"start":)" + position(from) +
      R"(,"end":)" + position(to) + R"(},"rangeLength":)" + std::to_string(to - from) +
      R"(,"text":")" + std::string(text) + R"("}]}})");
  message.id_offset = message.frame.find(kVersion) + kVersion.size();
  return message;
}

}  // namespace

Typing::Typing(const std::string& uri) {
  std::string text;
  for (int line = 0; line < kLines; ++line) text += line == kLineTyped ? R"(\n)" : kFileLine;
  did_open_ = message_of(
      R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":")" +
      uri + R"(","languageId":"go","version":1,"text":")" + text + R"("}}})");
  for (std::size_t i = 0; i < kTyped.size(); ++i) {
    // A tab is the only one that JSON wants escaped.
    auto const key = kTyped[i] == '\t' ? std::string(R"(\t)") : std::string(1, kTyped[i]);
    line_.push_back(change(uri, i, i, key));
  }
  line_.push_back(change(uri, 0, kTyped.size(), ""));
}

const Message& Typing::key() {
  Message& message = line_[at_];
  at_ = (at_ + 1) % line_.size();
  message.set_id(++version_);  // eight digits, in place, as ids are
  return message;
}

}  // namespace bridge::bench
