// A journal fed with bodies, as a session's gate feeds it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "framing/envelope.h"
#include "framing/json_text.h"
#include "proxy/session/journal/journal.h"

namespace bridge::session {

inline framing::EnvelopeText envelope_of(std::string_view body) {
  return framing::text_of(framing::read_envelope(body), body);
}

inline void from_editor(Journal& journal, std::string_view body, bool keep = false) {
  journal.on_editor_message(envelope_of(body), body, keep);
}

inline void from_server(Journal& journal, std::string_view body) {
  journal.on_server_message(envelope_of(body), body);
}

inline std::string notification(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","method":")" + std::string(method) + R"(","params":)" +
         std::string(params) + "}";
}

inline std::string request(std::string_view raw_id, std::string_view method,
                           std::string_view params) {
  return R"({"jsonrpc":"2.0","id":)" + std::string(raw_id) + R"(,"method":")" +
         std::string(method) + R"(","params":)" + std::string(params) + "}";
}

inline std::string answer(std::string_view raw_id, std::string_view result = "null") {
  return R"({"jsonrpc":"2.0","result":)" + std::string(result) + R"(,"id":)" + std::string(raw_id) +
         "}";
}

inline std::string did_open(std::string_view uri, std::string_view text, int version = 1) {
  std::string json;
  framing::append_json_string(json, text);
  return notification("textDocument/didOpen", R"({"textDocument":{"uri":")" + std::string(uri) +
                                                  R"(","languageId":"go","version":)" +
                                                  std::to_string(version) + R"(,"text":)" + json +
                                                  "}}");
}

// `changes`: the raw list.
inline std::string did_change(std::string_view uri, int version, std::string_view changes) {
  return notification("textDocument/didChange", R"({"textDocument":{"uri":")" + std::string(uri) +
                                                    R"(","version":)" + std::to_string(version) +
                                                    R"(},"contentChanges":)" +
                                                    std::string(changes) + "}");
}

// One change, as VS Code and Neovim write it.
inline std::string change(Position start, Position end, std::string_view text) {
  auto const position = [](Position at) {
    return R"({"line":)" + std::to_string(at.line) + R"(,"character":)" +
           std::to_string(at.character) + "}";
  };
  std::string json = R"({"range":{"start":)" + position(start) + R"(,"end":)" + position(end) +
                     R"(},"rangeLength":0,"text":)";
  framing::append_json_string(json, text);
  return json + "}";
}

inline constexpr std::string_view kUri = "file:///home/go/a.go";

class JournalTest : public testing::Test {
 protected:
  void editor(std::string_view body, bool keep = false) { from_editor(journal_, body, keep); }
  void server(std::string_view body) { from_server(journal_, body); }
  void begin(std::string_view params = R"({"rootUri":"file:///home/go","capabilities":{}})") {
    editor(request("0", "initialize", params));
    server(answer("0", R"({"capabilities":{"hoverProvider":true}})"));
    editor(notification("initialized", "{}"));
  }
  void open(std::string_view text) { editor(did_open(kUri, text)); }
  void edit(std::string_view changes) { editor(did_change(kUri, ++version_, changes)); }
  const OpenDocument& document() const { return journal_.documents().at(0); }
  std::string text() const { return document().text.text(); }

  Journal journal_;
  int version_ = 1;
};

}  // namespace bridge::session
