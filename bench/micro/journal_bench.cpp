// One message of each kind that the journal reads, in memory: what it costs, how often it
// allocates, and how many bytes the journal then holds.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "bench/count_allocations.h"
#include "framing/envelope.h"
#include "proxy/session/journal/journal.h"

namespace bridge::bench {
namespace {

using session::Journal;

constexpr std::string_view kUri = "file:///home/someone/work/project/internal/server/handler.go";
constexpr std::string_view kLine = R"(\tvalue, err := handle(request)\n)";
constexpr std::size_t kLineBytes = kLine.size() - 2;  // decoded: \t and \n are one each

class Fed {
 public:
  Journal journal;

  void editor(std::string_view body) {
    journal.on_editor_message(framing::text_of(framing::read_envelope(body), body), body);
  }
  void server(std::string_view body) {
    journal.on_server_message(framing::text_of(framing::read_envelope(body), body), body);
  }
};

std::string head_of(std::string_view method) {
  return R"({"jsonrpc":"2.0","method":")" + std::string(method) +
         R"(","params":{"textDocument":{"uri":")" + std::string(kUri) + '"';
}

std::string did_open(std::size_t bytes) {
  std::string body = head_of("textDocument/didOpen") + R"(,"languageId":"go","version":1,"text":")";
  for (std::size_t size = 0; size + kLineBytes <= bytes; size += kLineBytes) body += kLine;
  return body + R"("}}})";
}

std::string did_change(std::size_t line, std::size_t from, std::size_t to, std::string_view text) {
  auto const position = [line](std::size_t character) {
    return R"({"line":)" + std::to_string(line) + R"(,"character":)" + std::to_string(character) +
           '}';
  };
  return head_of("textDocument/didChange") +
         R"(,"version":2},"contentChanges":[{"range":{"start":)" + position(from) + R"(,"end":)" +
         position(to) + R"(},"rangeLength":)" + std::to_string(to - from) + R"(,"text":")" +
         std::string(text) + R"("}]}})";
}

// Runs `pass` after two rounds in which it finds its memory. `messages`: in each pass.
template <class Pass>
void measure(benchmark::State& state, Fed& fed, int messages, Pass pass) {
  pass();
  pass();
  auto const before = allocation_count();
  while (state.KeepRunningBatch(messages)) pass();
  auto const allocations = static_cast<double>(allocation_count() - before);
  state.counters["allocations"] =
      benchmark::Counter(allocations, benchmark::Counter::kAvgIterations);
  state.counters["journal_bytes"] = static_cast<double>(fed.journal.memory());
  if (!fed.journal.take_remarks().empty()) state.SkipWithError("the journal could not follow");
}

void type(benchmark::State& state, bool far_apart) {
  auto const bytes = static_cast<std::size_t>(state.range(0));
  Fed fed;
  fed.editor(did_open(bytes));
  auto const lines = bytes / kLineBytes;
  auto const first = did_change(lines / (far_apart ? 8 : 2), 5, 5, "x");
  auto const second =
      far_apart ? did_change(lines - lines / 8, 5, 5, "x") : did_change(lines / 2, 6, 6, "y");
  // Deleted again, so that the text stays as long as it is.
  auto const first_gone = did_change(lines / (far_apart ? 8 : 2), 5, 6, "");
  auto const second_gone =
      far_apart ? did_change(lines - lines / 8, 5, 6, "") : did_change(lines / 2, 5, 6, "");
  measure(state, fed, 4, [&] {
    for (auto const* body : {&first, &second, &first_gone, &second_gone}) fed.editor(*body);
  });
}
void typing(benchmark::State& state) { type(state, false); }
void far_apart(benchmark::State& state) { type(state, true); }

void opening(benchmark::State& state) {
  auto const open = did_open(static_cast<std::size_t>(state.range(0)));
  Fed fed;
  measure(state, fed, 1, [&] { fed.editor(open); });
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(open.size()));
}

void request_and_answer(benchmark::State& state) {
  auto const request = [](long id) {
    return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
           R"(,"method":"textDocument/hover","params":{"textDocument":{"uri":")" +
           std::string(kUri) + R"("},"position":{"line":10,"character":15}}})";
  };
  Fed fed;
  for (long id = 1000; id < 1000 + state.range(0); ++id) fed.editor(request(id));
  auto const asked = request(77);
  std::string const answer =
      R"({"jsonrpc":"2.0","result":{"contents":{"kind":"markdown","value":"x"}},"id":77})";
  measure(state, fed, 1, [&] {
    fed.editor(asked);
    fed.server(answer);
  });
}

void diagnostics(benchmark::State& state) {
  std::string list;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    list += std::string(list.empty() ? "" : ",") +
            R"({"range":{"start":{"line":7,"character":1},"end":{"line":7,"character":9}},)"
            R"("severity":1,"code":"UndeclaredName","source":"compiler","message":"undefined: x"})";
  auto const publish =
      R"({"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":")" +
      std::string(kUri) + R"(","version":2,"diagnostics":[)" + list + "]}}";
  Fed fed;
  measure(state, fed, 1, [&] { fed.server(publish); });
}

void another_message(benchmark::State& state) {
  std::string const body =
      R"({"jsonrpc":"2.0","method":"window/logMessage","params":{"type":3,"message":"x"}})";
  auto const envelope = framing::text_of(framing::read_envelope(body), body);
  Fed fed;
  measure(state, fed, 1, [&] { fed.journal.on_server_message(envelope, body); });
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgName("document")->Arg(10 << 10)->Arg(1 << 20)->Arg(15 << 20);
}
BENCHMARK(typing)->Apply(sizes);
BENCHMARK(far_apart)->Apply(sizes);
BENCHMARK(opening)->Apply(sizes);
BENCHMARK(request_and_answer)->ArgName("in_flight")->Arg(0)->Arg(10)->Arg(100);
BENCHMARK(diagnostics)->ArgName("count")->Arg(1)->Arg(50);
BENCHMARK(another_message);

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
