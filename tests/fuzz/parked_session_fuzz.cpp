// What a parked session is read from may hold anything; what is taken up is written the same again.
// Input: one byte for what to do, then bytes as they stand in the memfd, or the inside of one part
// behind a head that is in order.
#include "proxy/session/journal/record.h"
#include "proxy/session/park/parked_session.h"
#include "tests/fuzz/choices.h"

namespace {

using bridge::fuzz::expect;
using bridge::session::ParkedSession;
using bridge::session::RecordWriter;

void parse(std::string_view bytes) {
  std::string error;
  auto const session = bridge::session::parse_parked(bytes, error);
  expect(session.has_value() == error.empty(), "refused without a reason, or taken with one");
  std::string start_error;
  auto const start = bridge::session::parse_drain_start(bytes, start_error);
  expect(start.has_value() == start_error.empty(), "its part: the same");
  if (!session) return;
  expect(start.has_value(), "the whole is in order, and the daemon's part is not");
  expect(start->owed == session->drain.owed && start->unread == session->drain.unread,
         "the daemon reads another part than the front");
  std::string const front = serialise(*session);
  expect(bytes.starts_with(front), "taken up, and not the same");
  std::string const rest(bytes.substr(front.size()));
  expect(
      rest.empty() ? session->news.empty() : rest == bridge::session::serialise_news(session->news),
      "other news");
}

void put_part(RecordWriter& out, std::string_view part) {
  out.put_u64(bridge::session::checksum(part));
  out.put_text(part);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  bridge::fuzz::Choices choices(data, size);
  std::size_t const what = choices.choose(4);
  std::string_view const rest = choices.rest();
  if (what == 0) {
    parse(rest);
    return 0;
  }
  // An empty drain, session and news, one of them replaced.
  RecordWriter out;
  out.bytes() = "gbpark\r\n";
  out.put_u32(1);
  std::string const zeros(40, '\0');
  put_part(out, what == 1 ? rest : zeros);
  put_part(out, what == 2 ? rest : std::string_view(zeros).substr(0, 32));
  put_part(out, what == 3 ? rest : std::string_view(zeros).substr(0, 8));
  parse(out.bytes());
  return 0;
}
