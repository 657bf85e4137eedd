#include "bench/messages.h"

#include <charconv>

#include "bench/process.h"

namespace bridge::bench {
namespace {

constexpr std::string_view kDiagnostic =
    R"({"range":{"start":{"line":117,"character":14},"end":{"line":117,"character":28}},)"
    R"("severity":1,"code":"MissingLitField","codeDescription":{"href":"https://pkg.go.dev/golang)"
    R"(.org/x/tools/internal/typesinternal#MissingLitField"},"source":"compiler",)"
    R"("message":"unknown field \"Verbose\" in struct literal of type config.Options"},)";

constexpr std::string_view kCodeAction =
    R"({"title":"Fill config.Options","kind":"refactor.rewrite.fillStruct","edit":{"documentChanges":)"
    R"([{"textDocument":{"version":7,"uri":"file:///home/gopher/module/main.go"},"edits":[{"range":)"
    R"({"start":{"line":41,"character":12},"end":{"line":41,"character":15}},"newText":)"
    R"("config.Options{\n\t\tVerbose: false,\n\t}"}]}]}},)";

// A body of exactly `size` bytes: `head`, as many `item` as fit, a string that fills the rest.
std::string fill(std::size_t size, std::string_view head, std::string_view item,
                 std::string_view last_head, std::string_view last_tail) {
  std::string body(head);
  while (!item.empty() && body.size() + item.size() + last_head.size() + last_tail.size() <= size)
    body += item;
  body += last_head;
  if (body.size() + last_tail.size() < size)
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

Message make_answer(std::size_t body_size, std::string_view id) {
  std::string const tail = R"("}],"id":)" + std::string(id) + "}";
  std::string const body =
      body_size < 1024
          ? fill(body_size, R"({"jsonrpc":"2.0","result":[{"range":{},"data":")", "", "", tail)
          : fill(body_size, R"({"jsonrpc":"2.0","result":[)", kCodeAction, R"({"title":")", tail);
  Message message;
  message.frame = framed(body);
  message.header_size = message.frame.size() - body.size();
  message.id_offset = message.frame.size() - 1 - id.size();
  return message;
}

Message make_notification(std::size_t body_size) {
  std::string const body =
      fill(body_size,
           R"({"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":)"
           R"("file:///home/gopher/module/main.go","version":7,"diagnostics":[)",
           kDiagnostic, R"({"message":")", R"("}]}})");
  Message message;
  message.frame = framed(body);
  message.header_size = message.frame.size() - body.size();
  return message;
}

Message make_initialize(std::string_view root_path) {
  return finish(
      R"({"jsonrpc":"2.0","id":10000000,"method":"initialize","params":{"processId":null,)"
      R"("rootUri":"file://)" +
          std::string(root_path) + R"(","capabilities":{}}})",
      R"("id":10000000)");
}

Message make_greeting() {
  constexpr std::string_view kBody =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,)"
      R"("rootUri":"file:///home/gopher/module","capabilities":{}}})";
  Message message;
  message.frame = framed(kBody);
  message.header_size = message.frame.size() - kBody.size();
  return message;
}

Message make_initialized() {
  constexpr std::string_view kBody = R"({"jsonrpc":"2.0","method":"initialized","params":{}})";
  Message message;
  message.frame = framed(kBody);
  message.header_size = message.frame.size() - kBody.size();
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
    throw Broken("no canonical header: " + std::string(frame.substr(0, end)));
  }
  return header;
}

}  // namespace bridge::bench
