// The stand-in for gopls: the server's part of the recording.
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "bench/process.h"
#include "bench/workload/replay.h"
#include "bench/workload/workload_bench.h"
#include "bench/workload/workload_variables.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {
namespace {

bool listens(int fd) {
  int answer = 0;
  socklen_t size = sizeof answer;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0;
}

// The editor closes when it has seen the last message; a server that went first would be a lost
// one.
void wait_for_end(int fd) {
  char byte;
  while (::read(fd, &byte, 1) > 0) {
  }
}

}  // namespace

int run_workload_server() {
  ::signal(SIGPIPE, SIG_IGN);
  const char* const limit = std::getenv(kPauseVariable);
  std::chrono::microseconds const pause_max(limit == nullptr ? 0 : std::atol(limit));
  try {
    Recording const recording = without_exit(parse_recording(embedded_recording()));
    kernel::UniqueFd connection;
    int in = STDIN_FILENO;
    int out = STDOUT_FILENO;
    if (listens(in)) {
      connection.reset(::accept4(in, nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) fail("accept");
      in = out = connection.get();
    }
    Replay replay(From::server, recording, pause_max, in, out);
    replay.run();
    wait_for_end(in);
  } catch (const Broken& broken) {
    std::fprintf(stderr, "the replay's server: %s\n", broken.what());
    return 1;
  }
  return 0;
}

}  // namespace bridge::bench
