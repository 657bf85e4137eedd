// What a session notes of what passes, by itself: the time for a key (a didChange, the completion
// that VS Code asks for behind it, its answer), and what is held after an hour of typing.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/count_allocations.h"
#include "bench/messages.h"
#include "bench/typing.h"
#include "framing/envelope.h"
#include "proxy/session/journal/journal.h"

namespace bridge::bench {
namespace {

using session::Journal;

constexpr int kDocuments = 4;
constexpr int kKeysASecond = 5;
constexpr int kSecondsInOneDocument = 60;

std::string_view body_of(const Message& message) {
  return std::string_view(message.frame).substr(message.header_size);
}

void to_server(Journal& journal, const Message& message) {
  auto const body = body_of(message);
  journal.on_editor_message(framing::text_of(framing::read_envelope(body), body), body);
}
void to_editor(Journal& journal, const Message& message) {
  auto const body = body_of(message);
  journal.on_server_message(framing::text_of(framing::read_envelope(body), body), body);
}

class TypingSession {
 public:
  TypingSession() {
    Message const greeting = make_greeting();
    to_server(journal_, greeting);
    std::string const answer = R"({"jsonrpc":"2.0","result":{"capabilities":{}},"id":1})";
    to_editor(journal_,
              {.frame = framed(answer), .header_size = framed(answer).size() - answer.size()});
    to_server(journal_, make_initialized());
    for (int i = 0; i < kDocuments; ++i) {
      typing_.emplace_back("file:///home/gopher/module/file" + std::to_string(i) + ".go");
      to_server(journal_, typing_.back().did_open());
    }
  }

  void key() {
    auto const document = keys_ / (kKeysASecond * kSecondsInOneDocument) % kDocuments;
    ++keys_;
    to_server(journal_, typing_[document].key());
    request_.set_id(++id_);
    answer_.set_id(id_);
    to_server(journal_, request_);
    to_editor(journal_, answer_);
  }

  const Journal& journal() const { return journal_; }
  // Whether it could follow: it holds each document and owes no answer.
  bool is_sound() const {
    return journal_.can_replay() && journal_.documents().size() == kDocuments &&
           journal_.asked().empty() && journal_.documents().at(0).lost.empty() &&
           journal_.documents().at(0).version > kFirstId;
  }

 private:
  Journal journal_;
  std::vector<Typing> typing_;
  Message request_ = make_request(256);
  Message answer_ = make_answer(16 * 1024);
  std::uint32_t id_ = kFirstId;
  std::size_t keys_ = 0;
};

void key(benchmark::State& state) {
  TypingSession session;
  for (int i = 0; i < 10'000; ++i) session.key();
  auto const allocations = allocation_count();
  while (state.KeepRunning()) session.key();
  state.counters["allocations"] = benchmark::Counter(
      static_cast<double>(allocation_count() - allocations), benchmark::Counter::kAvgIterations);
  if (!session.is_sound()) state.SkipWithError("the journal lost the session");
}
BENCHMARK(key);

void hour_of_typing(benchmark::State& state) {
  while (state.KeepRunning()) {
    TypingSession session;
    state.counters["held_at_start"] = static_cast<double>(session.journal().memory());
    state.counters["written_at_start"] = static_cast<double>(session.journal().serialise().size());
    for (int i = 0; i < 3600 * kKeysASecond; ++i) session.key();
    if (!session.is_sound()) state.SkipWithError("the journal lost the session");
    state.counters["held"] = static_cast<double>(session.journal().memory());
    state.counters["written"] = static_cast<double>(session.journal().serialise().size());
  }
}
BENCHMARK(hour_of_typing)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
