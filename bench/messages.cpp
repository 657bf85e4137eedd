#include "bench/messages.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace bridge::bench {
namespace {

constexpr std::string_view kDiagnostic =
    R"({"range":{"start":{"line":117,"character":14},"end":{"line":117,"character":28}},)"
    R"("severity":1,"code":"MissingLitField","codeDescription":{"href":"https://pkg.go.dev/golang)"
    R"(.org/x/tools/internal/typesinternal#MissingLitField"},"source":"compiler",)"
    R"("message":"unknown field \"Verbose\" in struct literal of type config.Options"},)";

constexpr std::string_view kCompletion =
    R"({"label":"NewDecoder","kind":3,"detail":"func(r io.Reader) *json.Decoder","documentation":)"
    R"({"kind":"markdown","value":"NewDecoder returns a new decoder that reads from r.\n\nThe )"
    R"(decoder introduces its own buffering."},"sortText":"00003","filterText":"NewDecoder",)"
    R"("insertTextFormat":2,"textEdit":{"range":{"start":{"line":41,"character":12},"end":)"
    R"-({"line":41,"character":15}},"newText":"NewDecoder(${1:r io.Reader})"}},)-";

// A body of exactly `size` bytes: `head`, as many `item` as fit, a string that fills the rest.
std::string fill(std::size_t size, std::string_view head, std::string_view item,
                 std::string_view last_head, std::string_view last_tail) {
  std::string body(head);
  while (!item.empty() && body.size() + item.size() + last_head.size() + last_tail.size() <= size)
    body += item;
  body += last_head;
  if (body.size() + last_tail.size() > size) {
    std::fprintf(stderr, "bench: no message of %zu bytes\n", size);
    std::exit(1);
  }
  body.append(size - body.size() - last_tail.size(), 'x');
  body += last_tail;
  return body;
}

Message finish(const std::string& body, std::string_view id) {
  Message message;
  message.frame = framed(body);
  message.header_size = message.frame.size() - body.size();
  message.id_offset = message.frame.find(id) + id.size() - kIdDigits;
  return message;
}

}  // namespace

void Message::set_id(std::uint32_t id) noexcept {
  std::to_chars(frame.data() + id_offset, frame.data() + id_offset + kIdDigits, id);
}

std::string framed(std::string_view body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

Message make_request(std::size_t body_size) {
  constexpr std::string_view kId = R"("id":10000000)";
  if (body_size < 1024) {
    return finish(fill(body_size,
                       R"({"jsonrpc":"2.0","id":10000000,"method":"textDocument/codeLens",)"
                       R"("params":{"textDocument":{"uri":")",
                       "", "file:///", R"("}}})"),
                  kId);
  }
  return finish(fill(body_size,
                     R"({"jsonrpc":"2.0","id":10000000,"method":"textDocument/codeAction",)"
                     R"("params":{"textDocument":{"uri":"file:///home/gopher/module/main.go"},)"
                     R"("range":{"start":{"line":117,"character":14},"end":{"line":117,)"
                     R"("character":28}},"context":{"diagnostics":[)",
                     kDiagnostic, R"({"message":")", R"("}],"triggerKind":2}}})"),
                kId);
}

Message make_answer(std::size_t body_size) {
  constexpr std::string_view kId = R"(,"id":10000000})";
  Message message;
  if (body_size < 1024) {
    message = finish(fill(body_size, R"({"jsonrpc":"2.0","result":{"contents":")", "", "",
                          R"("},"id":10000000})"),
                     kId);
  } else {
    message = finish(fill(body_size, R"({"jsonrpc":"2.0","result":{"isIncomplete":true,"items":[)",
                          kCompletion, R"({"label":")", R"("}]},"id":10000000})"),
                     kId);
  }
  --message.id_offset;  // kId ends with the brace
  return message;
}

Header read_header(std::string_view frame) {
  constexpr std::string_view kName = "Content-Length: ";
  constexpr std::string_view kEnd = "\r\n\r\n";
  auto const end = frame.substr(0, 64).find(kEnd);
  if (end == std::string_view::npos) return {};
  Header header{.size = end + kEnd.size()};
  auto const parsed =
      std::from_chars(frame.data() + kName.size(), frame.data() + end, header.body_size);
  if (!frame.starts_with(kName) || parsed.ptr != frame.data() + end || header.body_size == 0) {
    std::fprintf(stderr, "bench: no canonical header: %.*s\n", static_cast<int>(end), frame.data());
    std::exit(1);
  }
  return header;
}

}  // namespace bridge::bench
