#include "proxy/session/compose.h"

#include "framing/json_text.h"

namespace bridge::session {

std::string framed(std::string_view body) {
  std::string frame = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  frame += body;
  return frame;
}

std::string result_message(std::string_view raw_id, std::string_view raw_result) {
  std::string body = R"({"jsonrpc":"2.0","id":)";
  body += raw_id;
  body += R"(,"result":)";
  body += raw_result;
  return body += '}';
}

std::string error_message(std::string_view raw_id, int code, std::string_view text) {
  std::string body = R"({"jsonrpc":"2.0","id":)";
  body += raw_id;
  body += R"(,"error":{"code":)" + std::to_string(code) + R"(,"message":)";
  framing::append_json_string(body, text);
  return body += "}}";
}

std::string request_message(std::string_view raw_id, std::string_view method,
                            std::string_view raw_params) {
  std::string body = R"({"jsonrpc":"2.0","id":)";
  body += raw_id;
  body += R"(,"method":)";
  framing::append_json_string(body, method);
  if (!raw_params.empty()) {
    body += R"(,"params":)";
    body += raw_params;
  }
  return body += '}';
}

std::string notification_message(std::string_view method, std::string_view raw_params) {
  std::string body = R"({"jsonrpc":"2.0","method":)";
  framing::append_json_string(body, method);
  if (!raw_params.empty()) {
    body += R"(,"params":)";
    body += raw_params;
  }
  return body += '}';
}

std::string show_error_message(std::string_view text) {
  return notification_message("window/showMessage",
                              R"({"type":1,"message":)" + raw_string(text) + '}');
}

std::string raw_string(std::string_view text) {
  std::string raw;
  framing::append_json_string(raw, text);
  return raw;
}

std::string with_id(std::string_view body, std::string_view raw_id, std::string_view other_raw_id) {
  auto const at = static_cast<std::size_t>(raw_id.data() - body.data());
  std::string changed(body.substr(0, at));
  changed += other_raw_id;
  changed += body.substr(at + raw_id.size());
  return changed;
}

}  // namespace bridge::session
