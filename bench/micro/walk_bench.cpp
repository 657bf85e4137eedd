// What a resume waits for: a walk over a workspace of so many Go files, in memory's cache of
// directories, and its comparison with the walk before. Files lie ten to a directory, with as many
// others that gopls does not watch.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <map>
#include <string>

#include "bench/process.h"
#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::bench {
namespace {

using session::WalkRequest;
using session::WorkspaceSnapshot;

constexpr int kFilesADirectory = 10;

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) fail("mkdir " + path);
}

// Made once for each size.
class Workspaces {
 public:
  const std::string& of(int files) {
    auto const [at, added] = paths_.try_emplace(files, top_.path() + "/" + std::to_string(files));
    if (!added) return at->second;
    make_directory(at->second);
    write_text(at->second + "/go.mod", "module example.com/walked\n\ngo 1.24\n");
    for (int i = 0; i < files; i += kFilesADirectory) {
      std::string const directory = at->second + "/package" + std::to_string(i);
      make_directory(directory);
      for (int file = 0; file < kFilesADirectory; ++file) {
        std::string const path = directory + "/file" + std::to_string(file);
        write_text(path + ".go", "package p\n");
        write_text(path + ".txt", "text\n");
      }
    }
    return at->second;
  }

 private:
  TempDir top_;
  std::map<int, std::string> paths_;
};

WalkRequest request_for(int files) {
  static Workspaces workspaces;
  WalkRequest request;
  request.folders = {workspaces.of(files)};
  request.time_max = std::chrono::seconds(60);
  return request;
}

WorkspaceSnapshot walked(const WalkRequest& request) {
  std::string error;
  auto snapshot = WorkspaceSnapshot::take(request, error);
  if (!snapshot) throw Broken(error);
  return std::move(*snapshot);
}

void walk(benchmark::State& state) {
  WalkRequest const request = request_for(static_cast<int>(state.range(0)));
  std::size_t bytes = 0;
  for ([[maybe_unused]] auto _ : state) {
    auto const snapshot = walked(request);
    bytes = snapshot.serialise().size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(walk)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);

void compare(benchmark::State& state) {
  WalkRequest const request = request_for(static_cast<int>(state.range(0)));
  auto const before = walked(request);
  auto const now = walked(request);
  for ([[maybe_unused]] auto _ : state) {
    auto const changes = now.changes_since(before);
    if (!changes.none()) state.SkipWithError("something changed");
  }
}
BENCHMARK(compare)->RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
