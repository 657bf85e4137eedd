// What a relay holds in memory: alone and as one of twenty, after one exchange of 128 bytes, and
// after a message of 1 MiB each way. Pages that processes share count by their share (Pss).
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "bench/arguments.h"
#include "bench/contestant.h"

namespace bridge::bench {
namespace {

constexpr int kManyWindows = 20;

struct Memory {
  double pss = 0;  // KiB, mean of the relays
  double rss = 0;
  double own = 0;  // no file behind them: what the process really costs
};

Memory mean_of(const std::vector<std::unique_ptr<OpenWay>>& open) {
  Memory sum;
  for (auto const& one : open) {
    sum.pss += static_cast<double>(memory_kib(*one->relay(), "Pss"));
    sum.rss += static_cast<double>(memory_kib(*one->relay(), "Rss"));
    sum.own += static_cast<double>(memory_kib(*one->relay(), "Anonymous"));
  }
  auto const count = static_cast<double>(open.size());
  return {sum.pss / count, sum.rss / count, sum.own / count};
}

struct Row {
  Memory alone, many, after_large, after_small_again;
};

Row measure(Way way, const Arguments& arguments, const std::string& directory) {
  ListeningServer const server(arguments.programs, directory + "/listening", kManyWindows, false);
  std::vector<std::unique_ptr<OpenWay>> open;
  Row row;
  Message const small = make_request(128);
  for (int i = 0; i < kManyWindows; ++i) {
    open.push_back(std::make_unique<OpenWay>(way, arguments.programs, server, false));
    open.back()->editor().round_trip(small);
    if (i == 0) row.alone = mean_of(open);
  }
  row.many = mean_of(open);
  open.resize(1);
  open.front()->editor().round_trip(make_request(1024 * 1024));
  row.after_large = mean_of(open);
  open.front()->editor().round_trip(small);
  row.after_small_again = mean_of(open);
  return row;
}

int run(int argc, char** argv) {
  TempDir const directory;
  Arguments const arguments = read_arguments(argc, argv, directory);
  std::vector<Way> ways{Way::bridge_private, Way::bridge_connect, Way::socat, Way::socat_64k};
  if (!arguments.programs.other_bridge.empty()) ways.push_back(Way::other_connect);

  std::printf("memory_bench: KiB a relay process; the server's memory is not in it\n\n");
  std::printf("%-19s  %-24s  %-24s  %-30s\n", "", "alone, one exchange", "one of 20",
              "alone, 1 MiB each way: Rss");
  std::printf("%-19s  %7s %7s %8s  %7s %7s %8s  %12s %16s\n", "way", "Pss", "/ socat", "own", "Pss",
              "/ socat", "own", "after it", "and 128 B more");
  Row const socat = measure(Way::socat, arguments, directory.path());
  for (Way const way : ways) {
    Row const row = way == Way::socat ? socat : measure(way, arguments, directory.path());
    std::printf("%-19s  %7.0f %7.2f %8.0f  %7.0f %7.2f %8.0f  %12.0f %16.0f\n",
                std::string(to_string(way)).c_str(), row.alone.pss, row.alone.pss / socat.alone.pss,
                row.alone.own, row.many.pss, row.many.pss / socat.many.pss, row.many.own,
                row.after_large.rss, row.after_small_again.rss);
  }
  return 0;
}

}  // namespace
}  // namespace bridge::bench

int main(int argc, char** argv) { return bridge::bench::run(argc, argv); }
