// Whatever a server sends while nobody is there, however it is cut: the drain sees the same, holds,
// answers each request once, and a journal can be fed with what it keeps.
// Input: one byte for where to cut, one for what to do, then the stream, or bodies, one a line.
#include "framing/envelope.h"
#include "framing/frame_scanner.h"
#include "proxy/session/compose.h"
#include "proxy/session/park/parked_drain.h"
#include "tests/fuzz/choices.h"

namespace {

using bridge::fuzz::expect;
using bridge::session::DrainStart;
using bridge::session::Journal;
using bridge::session::ParkedDrain;

constexpr bridge::framing::Limits kLimits{.body_bytes_max = 4096};

DrainStart start_of(std::string unread) {
  return {.unread = std::move(unread),
          .owed = {"1", R"("a")"},
          .open_requests = {{"2", "workspace/configuration"}},
          .configuration = {{R"({"items":[{}]})", "[1]"}},
          .open_progress = {"7"}};
}

struct Seen {
  std::string output;
  std::vector<std::string> news;
  bool trouble = false;
  bool ready = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen drained(std::string_view unread, std::string_view stream, std::size_t piece) {
  ParkedDrain drain(start_of(std::string(unread)), kLimits);
  Seen seen;
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
    drain.on_bytes(stream.substr(0, piece));
    seen.output += drain.take_output();
  }
  seen.output += drain.take_output();
  seen.news = drain.news();
  seen.trouble = !drain.trouble().empty();
  seen.ready = drain.ready();
  expect(!(seen.trouble && seen.ready), "ready in trouble");
  return seen;
}

// Each answer of the drain is a whole frame with an id and no method.
std::size_t answers_in(std::string_view output) {
  bridge::framing::FrameScanner scanner;
  std::size_t answers = 0;
  while (!output.empty()) {
    auto const scan = scanner.next(output);
    expect(scan.kind == bridge::framing::Scan::Kind::frame, "half an answer");
    auto const envelope =
        bridge::framing::scan_envelope(output.substr(scan.header_size, scan.body_size));
    expect(envelope.kind == bridge::framing::MessageKind::response, "what is no answer");
    output.remove_prefix(scan.frame_size());
    ++answers;
  }
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  bridge::fuzz::Choices choices(data, size);
  std::size_t cut = choices.choose(256);
  bool const lines = choices.choose(2) == 1;
  std::string stream(choices.rest());
  std::size_t requests = 1;  // that of start_of()
  if (lines) {
    std::string_view rest = choices.rest();
    stream.clear();
    while (!rest.empty()) {
      std::size_t const end = std::min(rest.find('\n'), rest.size());
      std::string_view const body = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (body.empty()) continue;
      stream += bridge::session::framed(body);
      if (bridge::framing::scan_envelope(body).kind == bridge::framing::MessageKind::request)
        ++requests;
    }
  }
  cut = std::min(cut, stream.size());
  Seen const whole = drained("", stream, stream.size());
  expect(drained("", stream, 1) == whole, "byte by byte it is another");
  expect(drained(std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut),
                 4096) == whole,
         "cut between front and daemon it is another");
  std::size_t const answers = answers_in(whole.output);
  if (lines) {
    expect(whole.trouble ? answers <= requests : answers == requests,
           "not each request is answered once");
  }
  Journal journal;
  for (const std::string& body : whole.news) {
    journal.on_server_message(bridge::framing::text_of(bridge::framing::scan_envelope(body), body),
                              body);
  }
  return 0;
}
