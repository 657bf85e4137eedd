// What a relay holds in memory: alone and as one of twenty, after one exchange of 128 bytes, and
// after a message of 1 MiB each way. Pages that processes share count by their share (Pss).
#include <unistd.h>

#include <memory>
#include <vector>

#include "bench/cell.h"
#include "bench/interrupt.h"
#include "bench/ways_run.h"

namespace bridge::bench {
namespace {

constexpr int kManyWindows = 20;
constexpr std::size_t kLarge = 1024 * 1024;

double mean_of(const std::vector<std::unique_ptr<OpenWay>>& open, std::string_view field) {
  double sum = 0;
  for (auto const& one : open) {
    for (pid_t const relay : one->relays()) sum += static_cast<double>(memory_kib(relay, field));
  }
  return sum / static_cast<double>(open.size());
}

}  // namespace

void WaysRun::memory() {
  progress_.round("memory");
  // Pages that the harness or an echo server has mapped too would count by a share only.
  Programs const programs = stage_.programs_alone();
  for (Way const way : ways_) {
    if (interrupted()) return;
    if (way == Way::direct) guarded(way, [&] { memory_of_nothing(programs); });
    if (!is_direct(way) && broken_.count(way) == 0) guarded(way, [&] { memory_of(way, programs); });
  }
}

// What this executable holds when it does nothing: the floor of what a bridge can hold.
void WaysRun::memory_of_nothing(const Programs& programs) {
  SocketPair in = make_socketpair();
  SocketPair out = make_socketpair();
  Process const idle({programs.bridge, "bench-idle"}, in.theirs.get(), out.theirs.get());
  char byte = 0;
  if (::read(out.ours.get(), &byte, 1) != 1) throw Broken("bench-idle does not start");
  for (auto const* field : {"Pss", "Anonymous"}) {
    report_.record({kSectionMemory, "this executable, idle", "alone",
                    field == std::string_view("Pss") ? "Pss" : "own", "KiB"},
                   0, static_cast<double>(memory_kib(idle.pid(), field)));
  }
  in.ours.reset();
}

void WaysRun::memory_of(Way way, const Programs& programs) {
  progress_.step("memory, " + std::string(row_of(way)));
  auto const put = [&](const std::string& column, const char* metric, double value) {
    report_.record({kSectionMemory, std::string(row_of(way)), column, metric, "KiB"}, 0, value);
  };
  std::unique_ptr<ListeningServer> server;
  if (auto const kind = server_kind(way)) {
    server = std::make_unique<ListeningServer>(
        stage_.programs(), stage_.directory(),
        ListeningServer::Options{.kind = *kind, .workers = kManyWindows, .two_writes = false});
  }
  std::vector<std::unique_ptr<OpenWay>> open;
  Message small = make_request(128);
  // gopls' forwarder and lspmux: some 20 MB each; the first says it all.
  int const windows = decodes(way) ? 1 : kManyWindows;
  for (int i = 0; i < windows; ++i) {
    open.push_back(std::make_unique<OpenWay>(way, programs, stage_.directory(), server.get(),
                                             /*two_writes=*/false));
    if (way != Way::lspmux) open.back()->editor().greet();
    open.back()->editor().round_trip(small);
    if (i != 0) continue;
    put("alone", "Pss", mean_of(open, "Pss"));
    put("alone", "own", mean_of(open, "Anonymous"));
  }
  if (windows > 1) {
    put("one of 20", "Pss", mean_of(open, "Pss"));
    put("one of 20", "own", mean_of(open, "Anonymous"));
  }
  open.resize(1);
  Message large = make_request(kLarge);
  open.front()->editor().round_trip(large);
  put("after 1 MiB", "Rss", mean_of(open, "Rss"));
  open.front()->editor().round_trip(small);
  put("and 128 B more", "Rss", mean_of(open, "Rss"));
  open.clear();  // before the server
}

}  // namespace bridge::bench
