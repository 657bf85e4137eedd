// After the insertion gopls reads what it should, and no other byte has changed.
// Input: one byte for what to do, then a body, or choices that make one.
#include <string>
#include <vector>

#include "framing/json_text.h"
#include "tests/framing/env_reader.h"
#include "tests/framing/message_maker.h"
#include "tests/fuzz/choices.h"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace bridge::framing;
  bridge::fuzz::Choices choices(data, size);
  std::size_t const what = choices.choose(8);
  auto const precedence = (what & 1) == 0 ? EnvPrecedence::client : EnvPrecedence::ours;
  if (what >= 6) {  // any bytes as a value
    std::string text;
    append_json_string(text, choices.rest());
    std::string_view const inner = std::string_view(text).substr(1, text.size() - 2);
    bridge::fuzz::expect(
        nlohmann::json::parse(text).get<std::string>() == decode_json_string(inner),
        "a string is not read as it was written");
    return 0;
  }
  MessageMaker maker([&](std::size_t n) { return choices.choose(n); });
  std::string const body = what < 3 ? std::string(choices.rest()) : maker.initialize();
  std::vector<EnvValue> const values = {{"A", "1"}, {"PATH", "/usr/bin:/bin"}};
  auto const insertion = insert_env(body, values, precedence);
  if (!TreeReader::read(body)) {  // anything may come out, within the body
    bridge::fuzz::expect(!insertion || (insertion->offset <= body.size() &&
                                        insertion->erased <= body.size() - insertion->offset),
                         "an insertion outside the body");
    return 0;
  }
  bridge::fuzz::expect(check_insertion(body, values, precedence, insertion).empty(),
                       check_insertion(body, values, precedence, insertion));
  return 0;
}
