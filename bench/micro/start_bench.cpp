// From before the start of a program to the first byte of an answer through it. The request is
// written as soon as the process runs, as editors do, and the same for all:
//   server     the echo server by itself: what any start costs at least
//   held       the bridge with that server held by its stdio: two starts
//   connect    the bridge connected to a socket of this process, which answers at once
//   --version  the bridge as a command: start and end, no session
// With `gopls-bridge bench` as the place for comparisons with other relays.
#include <benchmark/benchmark.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "bench/messages.h"
#include "bench/process.h"

namespace bridge::bench {
namespace {

struct Ends {
  SocketPair in = make_socketpair();
  SocketPair out = make_socketpair();
};

void wait_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  if (::poll(&one, 1, 10'000) != 1) fail("nothing to read");
}

// Nothing of the machine's own configuration may be read.
void isolate(const TempDir& directory) {
  ::setenv("XDG_CONFIG_HOME", directory.path().c_str(), 1);
  ::setenv("HOME", directory.path().c_str(), 1);
}

// `answer` is what this process does for it as its server; returns what has to stay open meanwhile.
template <class Answer>
void first_byte(benchmark::State& state, const std::vector<std::string>& argv, Answer answer) {
  Message const request = make_request(128);
  while (state.KeepRunning()) {
    std::optional<Ends> ends(std::in_place);
    std::optional<Process> process(std::in_place, argv, ends->in.theirs.get(),
                                   ends->out.theirs.get());
    ends->in.theirs.reset();
    ends->out.theirs.reset();
    if (::write(ends->in.ours.get(), request.frame.data(), request.frame.size()) < 0) fail("write");
    std::optional<kernel::UniqueFd> served(answer());
    wait_readable(ends->out.ours.get());
    state.PauseTiming();  // the end is not what is measured
    ends.reset();
    if (*served) wait_readable(served->get());  // told of the end by the bridge
    served.reset();
    process.reset();
    state.ResumeTiming();
  }
}

kernel::UniqueFd nothing() { return {}; }

void server(benchmark::State& state) { first_byte(state, {BRIDGE_ECHO_SERVER}, nothing); }

void held(benchmark::State& state) {
  TempDir const directory;
  isolate(directory);
  first_byte(state, {BRIDGE_BINARY, "--gopls", BRIDGE_ECHO_SERVER}, nothing);
}

void connect(benchmark::State& state) {
  TempDir const directory;
  isolate(directory);
  std::string const path = directory.path() + "/server.sock";
  kernel::UniqueFd const listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 8) != 0)
    fail("listen");
  Message const answer = make_answer(128);
  first_byte(state, {BRIDGE_BINARY, "--gopls", BRIDGE_ECHO_SERVER, "--connect", path}, [&] {
    kernel::UniqueFd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    wait_readable(connection.get());
    if (::write(connection.get(), answer.frame.data(), answer.frame.size()) < 0) fail("write");
    return connection;
  });
}

void version(benchmark::State& state) {
  TempDir const directory;
  isolate(directory);
  while (state.KeepRunning()) {
    Ends ends;
    Process const process({BRIDGE_BINARY, "--version"}, ends.in.theirs.get(),
                          ends.out.theirs.get());
    ends.out.theirs.reset();
    wait_readable(ends.out.ours.get());
  }
}

BENCHMARK(server)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(held)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(connect)->UseRealTime()->Unit(benchmark::kMicrosecond);
BENCHMARK(version)->Name("--version")->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace bridge::bench

BENCHMARK_MAIN();
