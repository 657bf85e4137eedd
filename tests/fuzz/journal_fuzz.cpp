// The journal holds whatever bytes it is fed, and what it gives away it takes up again.
// Input: one byte for what to do, then a serialised journal's inner bytes, or a row of messages,
// one a line, '<' in front of the server's.
#include "framing/envelope.h"
#include "proxy/session/journal/journal.h"
#include "proxy/session/journal/record.h"
#include "tests/fuzz/choices.h"

namespace {

using bridge::fuzz::expect;
using bridge::session::Journal;

constexpr Journal::Settings kSettings{.document_bytes_max = 4096, .request_bytes_max = 1024};

void expect_same_again(const Journal& journal) {
  std::string const bytes = journal.serialise();
  std::string error;
  auto const again = Journal::parse(bytes, kSettings, error);
  expect(again.has_value(), error);
  expect(again->serialise() == bytes, "taken up, and not the same");
  if (journal.can_replay())
    expect(again->initialize_request("\"x\"") == journal.initialize_request("\"x\""),
           "another initialize");
  for (std::size_t n = 0; n < journal.documents().size(); ++n)
    expect(again->documents().at(n).text.text() == journal.documents().at(n).text.text(),
           "another text");
}

void parse(std::string_view bytes) {
  std::string error;
  auto const journal = Journal::parse(bytes, kSettings, error);
  expect(journal.has_value() == error.empty(), "refused without a reason, or taken with one");
  if (journal) expect_same_again(*journal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  bridge::fuzz::Choices choices(data, size);
  std::size_t const what = choices.choose(4);
  std::string_view rest = choices.rest();
  if (what == 0) {
    parse(rest);
    return 0;
  }
  if (what == 1) {  // behind a head that is in order
    bridge::session::RecordWriter writer;
    writer.bytes() = "gbjrnl\r\n";
    writer.put_u32(1);
    writer.put_u64(bridge::session::checksum(rest));
    writer.put_text(rest);
    parse(writer.bytes());
    return 0;
  }
  Journal journal(kSettings);
  while (!rest.empty()) {
    std::size_t const end = std::min(rest.find('\n'), rest.size());
    std::string_view body = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    bool const from_server = body.starts_with('<');
    if (from_server) body.remove_prefix(1);
    auto const envelope = bridge::framing::text_of(bridge::framing::scan_envelope(body), body);
    if (from_server) {
      journal.on_server_message(envelope, body);
    } else {
      journal.on_editor_message(envelope, body, what == 3);
    }
  }
  expect_same_again(journal);
  (void)journal.take_remarks();
  (void)journal.memory();
  return 0;
}
