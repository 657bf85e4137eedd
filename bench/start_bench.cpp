// From starting a relay to the first byte of an answer through it, paired: every round starts all
// ways in random order. The request is written as soon as the process runs, as editors do.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench/arguments.h"
#include "bench/contestant.h"
#include "bench/figures.h"

namespace bridge::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Column {
  std::vector<double> first_byte, cpu;  // µs; one entry a round
};

void measure(Way way, const Arguments& arguments, const ListeningServer& server,
             const Message& request, Column& column) {
  auto const started = Clock::now();
  OpenWay open(way, arguments.programs, server, /*two_writes=*/false);
  open.editor().send(request);
  open.editor().wait_for_first_byte();
  std::chrono::duration<double, std::micro> const took = Clock::now() - started;
  column.first_byte.push_back(took.count());
  auto const relay = open.relay();
  column.cpu.push_back(relay ? static_cast<double>(cpu_time(*relay).count()) / 1000 : 0);
  open.editor().receive(request);
}

int run(int argc, char** argv) {
  TempDir const directory;
  Arguments const arguments = read_arguments(argc, argv, directory);
  auto ways = ways_of(arguments.programs);
  std::erase(ways, Way::socat_64k);
  std::printf("start_bench: %d rounds, seed %u, placement %s\n", arguments.rounds, arguments.seed,
              arguments.pinned ? "same" : "free");

  ListeningServer const server(arguments.programs, directory.path() + "/listening", 1, false);
  Message const request = make_request(128);
  std::map<Way, Column> columns;
  std::mt19937 random(arguments.seed);
  // The first round warms the page cache and is not counted.
  for (int round = -1; round < arguments.rounds; ++round) {
    std::shuffle(ways.begin(), ways.end(), random);
    for (Way const way : ways) {
      Column ignored;
      measure(way, arguments, server, request, round < 0 ? ignored : columns[way]);
    }
  }

  std::printf("\nFrom start to first byte, µs; ratios: median (least-most)\n");
  std::printf("%-19s  %8s  %8s  %8s  %-20s  %-20s  %s\n", "way", "p10", "p50", "p90", "/ direct",
              "/ socat", "relay CPU");
  for (Way const way : ways_of(arguments.programs)) {
    if (way == Way::socat_64k) continue;
    Column const& column = columns[way];
    std::printf("%-19s  %8.0f  %8.0f  %8.0f  %-20s  %-20s  %.0f\n",
                std::string(to_string(way)).c_str(), percentile(column.first_byte, 0.1),
                median(column.first_byte), percentile(column.first_byte, 0.9),
                with_range(ratios(column.first_byte, columns[Way::direct].first_byte)).c_str(),
                with_range(ratios(column.first_byte, columns[Way::socat].first_byte)).c_str(),
                median(column.cpu));
  }
  return 0;
}

}  // namespace
}  // namespace bridge::bench

int main(int argc, char** argv) { return bridge::bench::run(argc, argv); }
