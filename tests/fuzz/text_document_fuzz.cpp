// A text edited by the journal is the text that a list of code units gives (tests/journal).
// Input: one byte for what to do, then choices that make edits, or any bytes as a text.
#include "proxy/session/journal/text_document.h"
#include "tests/fuzz/choices.h"
#include "tests/journal/edit_maker.h"
#include "tests/journal/naive_text.h"

namespace {

using bridge::session::Position;
using bridge::session::PositionEncoding;
using bridge::session::TextDocument;

// Texts that are no UTF-8: refused or not, the rest of the text stays, and memory is its own.
void edit_any_bytes(bridge::fuzz::Choices choices) {
  std::string const text(choices.rest());
  TextDocument document;
  document.set(text);
  for (int n = 0; n < 8; ++n) {
    std::string const before = document.text();
    Position const start{static_cast<std::uint32_t>(choices.choose(16)),
                         static_cast<std::uint32_t>(choices.choose(16))};
    Position const end{static_cast<std::uint32_t>(choices.choose(16)),
                       static_cast<std::uint32_t>(choices.choose(16))};
    auto const span = document.find(start, end, PositionEncoding::utf16);
    TextDocument afresh;
    afresh.set(before);
    auto const expected = afresh.find(start, end, PositionEncoding::utf16);
    bridge::fuzz::expect(span.has_value() == expected.has_value(), "the memory of places decides");
    if (!span) continue;
    bridge::fuzz::expect(span->offset == expected->offset && span->size == expected->size,
                         "another place than in a fresh document");
    document.replace(*span, "\xF0\x9F\n");
    bridge::fuzz::expect(document.text() == before.substr(0, span->offset) + "\xF0\x9F\n" +
                                                before.substr(span->offset + span->size),
                         "a replacement touched what is around it");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  bridge::fuzz::Choices choices(data, size);
  std::size_t const what = choices.choose(8);
  if (what >= 6) {
    edit_any_bytes(choices);
    return 0;
  }
  auto const encoding = static_cast<PositionEncoding>(what % 3);
  bridge::session::EditMaker maker([&](std::size_t n) { return choices.choose(n); });
  std::string const first = maker.text(20);
  TextDocument document;
  document.set(first);
  bridge::session::NaiveText naive(first, encoding);
  while (!choices.rest().empty()) {
    auto const edit = maker.edit(naive);
    bool const taken = naive.edit(edit.start, edit.end, edit.text);
    bridge::fuzz::expect(document.edit(edit.start, edit.end, edit.text, encoding) == taken,
                         "one takes what the other refuses");
    bridge::fuzz::expect(document.text() == naive.text(), "the texts differ");
  }
  return 0;
}
