// The exact scan against the naive reader; the bounded look against the exact scan, for messages
// that keep JSON-RPC. Input: one byte for what to do, then a body, or choices that make one.
#include <algorithm>
#include <string>

#include "tests/framing/message_maker.h"
#include "tests/framing/naive_envelope.h"
#include "tests/fuzz/choices.h"

namespace bridge::framing {
namespace {

using fuzz::expect;

void check_inside(Piece piece, std::size_t size) {
  expect(piece.offset <= size && piece.size <= size - piece.offset,
         "a piece lies outside the body");
}

void check(std::string const& body, std::size_t head_size, std::size_t tail_size) {
  std::string_view const view = body;
  Envelope const exact = scan_envelope(view);
  Envelope const read = read_envelope(view);
  DapEnvelope const dap = scan_dap_envelope(view);
  auto const seen = look_at_envelope(view.substr(0, head_size),
                                     view.substr(view.size() - tail_size), view.size());
  for (Piece piece : {exact.method, exact.id, read.method, read.id, dap.seq, dap.command, dap.event,
                      dap.request_seq})
    check_inside(piece, view.size());
  if (seen) check_inside(seen->method, view.size());
  if (seen) check_inside(seen->id, view.size());

  auto const naive = naive_meaning(view);
  if (!naive) return;  // no JSON: any envelope will do
  expect(meaning_of(exact, view) == *naive, "the exact scan is not what the naive reader reads");
  expect(meaning_of(dap, view) == naive_dap(view), "the DAP scan is not what the naive one reads");
  if (!keeps_json_rpc(view)) return;
  expect(!seen || *seen == exact, "the bounded look is wrong");
  auto const ends =
      look_at_ends(view.substr(0, head_size), view.substr(view.size() - tail_size), view.size());
  expect(!seen || *ends == text_of(exact, view), "the ends are not what the look saw");
  expect(read == exact, "read_envelope() is wrong");
}

}  // namespace
}  // namespace bridge::framing

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace bridge::framing;
  bridge::fuzz::Choices choices(data, size);
  std::size_t const what = choices.choose(4);
  std::size_t const head = choices.choose(512);
  std::size_t const tail = choices.choose(256);
  MessageMaker maker([&](std::size_t n) { return choices.choose(n); });
  std::string const body = what == 0   ? std::string(choices.rest())
                           : what == 1 ? maker.standard()
                           : what == 2 ? maker.twisted()
                                       : maker.dap();
  check(body, std::min(head, body.size()), std::min(tail, body.size()));
  return 0;
}
