// What framing costs a message: finding the frame, and finding method, id and kind in its body.
//
// `per_msg` is the time a message (or frame), `allocs` what one round allocated: it must be 0 but
// for the insertion. Workloads: corpus/README.md.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/count_allocations.h"
#include "framing/env_insertion.h"
#include "framing/envelope.h"
#include "framing/frame_scanner.h"

namespace {

using namespace bridge::framing;

std::vector<std::string> read_lines(char const* name) {
  std::string const path = std::string(BRIDGE_BENCH_CORPUS) + "/" + name;
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (file == nullptr) {
    std::perror(path.c_str());
    std::exit(1);
  }
  std::vector<std::string> lines(1);
  for (int c = 0; (c = std::fgetc(file)) != EOF;) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += static_cast<char>(c);
  }
  std::fclose(file);
  lines.pop_back();
  return lines;
}

std::vector<std::string> const& editor() {
  static std::vector<std::string> const lines = read_lines("editor.jsonl");
  return lines;
}
std::vector<std::string> const& gopls() {
  static std::vector<std::string> const lines = read_lines("gopls.jsonl");
  return lines;
}

std::string framed(std::vector<std::string> const& bodies, std::string_view more_headers = "") {
  std::string stream;
  for (std::string const& body : bodies) {
    stream += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    stream += more_headers;
    stream += "\r\n" + body;
  }
  return stream;
}

// Counts the round's messages and allocations around the measured loop.
class Round {
 public:
  Round(benchmark::State& state, std::size_t messages, std::size_t bytes)
      : state_(state),
        messages_(messages),
        bytes_(bytes),
        before_(bridge::bench::allocation_count()) {}
  ~Round() {
    auto const rounds = static_cast<double>(state_.iterations());
    double const allocated =
        static_cast<double>(bridge::bench::allocation_count() - before_) / rounds;
    state_.counters["allocs"] = allocated;
    state_.counters["per_msg"] =
        benchmark::Counter(static_cast<double>(messages_) * rounds,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    state_.SetBytesProcessed(static_cast<std::int64_t>(bytes_) * state_.iterations());
  }
  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

 private:
  benchmark::State& state_;
  std::size_t messages_;
  std::size_t bytes_;
  std::size_t before_;
};

template <class Take>
void scan_stream(std::string_view stream, Take take) {
  FrameScanner scanner;
  for (Scan scan = scanner.next(stream); scan.kind == Scan::Kind::frame;
       scan = scanner.next(stream)) {
    take(stream.substr(scan.header_size, scan.body_size));
    stream.remove_prefix(scan.frame_size());
  }
}

void frames(benchmark::State& state, std::string const& stream, std::size_t count) {
  Round round(state, count, stream.size());
  while (state.KeepRunning())
    scan_stream(stream, [](std::string_view body) { benchmark::DoNotOptimize(body); });
}
void BM_Frames_Editor(benchmark::State& state) { frames(state, framed(editor()), editor().size()); }
void BM_Frames_Gopls(benchmark::State& state) { frames(state, framed(gopls()), gopls().size()); }
void BM_Frames_WithContentType(benchmark::State& state) {
  frames(state, framed(editor(), "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"),
         editor().size());
}
BENCHMARK(BM_Frames_Editor);
BENCHMARK(BM_Frames_Gopls);
BENCHMARK(BM_Frames_WithContentType);

template <class Read>
void envelopes(benchmark::State& state, std::vector<std::string> const& bodies, Read read) {
  std::size_t bytes = 0;
  for (std::string const& body : bodies) bytes += body.size();
  Round round(state, bodies.size(), bytes);
  while (state.KeepRunning()) {
    for (std::string const& body : bodies) {
      auto const envelope = read(body);
      benchmark::DoNotOptimize(envelope);
    }
  }
}
void BM_Exact_Editor(benchmark::State& state) { envelopes(state, editor(), scan_envelope); }
void BM_Exact_Gopls(benchmark::State& state) { envelopes(state, gopls(), scan_envelope); }
void BM_Read_Editor(benchmark::State& state) { envelopes(state, editor(), read_envelope); }
void BM_Read_Gopls(benchmark::State& state) { envelopes(state, gopls(), read_envelope); }
BENCHMARK(BM_Exact_Editor);
BENCHMARK(BM_Exact_Gopls);
BENCHMARK(BM_Read_Editor);
BENCHMARK(BM_Read_Gopls);

// Neovim puts `method` behind 300 KB of text: the look cannot settle it, the exact scan reads all.
std::string neovim_did_open() {
  std::string text;
  while (text.size() < 300 * 1024)
    text += R"(\tif err != nil {\n\t\treturn fmt.Errorf(\"%w\", err)\n\t}\n)";
  return R"({"jsonrpc":"2.0","params":{"textDocument":{"uri":"file:///a.go","text":")" + text +
         R"("}},"method":"textDocument/didOpen"})";
}
std::string long_answer() {
  std::string items;
  for (std::string const& body : gopls())
    if (body.size() > 10000) items = body;
  std::string answer = R"({"jsonrpc":"2.0","result":[)";
  while (answer.size() < 300 * 1024) answer += items + ",";
  return answer + R"(null],"id":7})";
}
void BM_Exact_NeovimDidOpen300K(benchmark::State& state) {
  envelopes(state, {neovim_did_open()}, read_envelope);
}
void BM_Exact_Completion300K(benchmark::State& state) {
  envelopes(state, {long_answer()}, scan_envelope);
}
void BM_Read_Completion300K(benchmark::State& state) {
  envelopes(state, {long_answer()}, read_envelope);
}
BENCHMARK(BM_Exact_NeovimDidOpen300K);
BENCHMARK(BM_Exact_Completion300K);
BENCHMARK(BM_Read_Completion300K);

// What the relay does with a session's frames: the editor's are read exactly, gopls' are looked at.
void BM_Relay_Mix(benchmark::State& state) {
  std::string const to_server = framed(editor());
  std::string const to_editor = framed(gopls());
  Round round(state, editor().size() + gopls().size(), to_server.size() + to_editor.size());
  while (state.KeepRunning()) {
    scan_stream(to_server,
                [](std::string_view body) { benchmark::DoNotOptimize(scan_envelope(body)); });
    scan_stream(to_editor,
                [](std::string_view body) { benchmark::DoNotOptimize(read_envelope(body)); });
  }
}
BENCHMARK(BM_Relay_Mix);

void BM_InsertEnv(benchmark::State& state) {
  std::vector<EnvValue> const values = {{"GOFLAGS", "-tags=x"}, {"GOPROXY", "https://proxy"}};
  std::string const& initialize = editor().front();
  Round round(state, 1, initialize.size());
  while (state.KeepRunning())
    benchmark::DoNotOptimize(insert_env(initialize, values, EnvPrecedence::client));
}
BENCHMARK(BM_InsertEnv);

}  // namespace

BENCHMARK_MAIN();
