// echo_server [--listen-unix PATH [--workers N]] [--two-writes] [--answer-bytes N]
//
// Stands in for gopls in the benchmarks: reads a whole frame, answers a request with a response of
// the same size (or of N bytes), on stdio or on a Unix socket. It blocks and does nothing else, so
// that what is measured is the way to it. `shutdown` is answered with null, `exit` ends it;
// notifications are read and forgotten. With --listen-unix it writes "listening\n" to stdout once
// connect() succeeds; N workers serve one connection each at a time. Other flags are ignored, and
// ECHO_TWO_WRITES=1 is --two-writes: a relay that starts it passes flags of its own, or none.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bench/messages.h"

namespace bridge::bench {
namespace {

struct Options {
  const char* path = nullptr;
  int workers = 1;
  bool two_writes = false;
  std::size_t answer_bytes = 0;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// The raw text of the id near the head of a body; empty for a notification.
std::string_view find_id(std::string_view body) {
  constexpr std::string_view kName = R"("id":)";
  auto const at = body.substr(0, 64).find(kName);
  if (at == std::string_view::npos) return {};
  std::string_view const rest = body.substr(at + kName.size());
  return rest.substr(0, rest.find_first_of(",}"));
}

class Connection {
 public:
  Connection(int in, int out, const Options& options) : in_(in), out_(out), options_(options) {}

  // Until the other side closes, or says `exit`: then true.
  bool serve() {
    std::vector<char> buffer(64 * 1024);
    std::size_t have = 0;
    for (;;) {
      Header const header = read_header({buffer.data(), have});
      std::size_t const whole = header.size + header.body_size;
      if (header.size == 0 || have < whole) {
        if (buffer.size() < whole) buffer.resize(whole);
        ssize_t const got = ::read(in_, buffer.data() + have, buffer.size() - have);
        if (got <= 0) return false;
        have += static_cast<std::size_t>(got);
        continue;
      }
      std::string_view const body(buffer.data() + header.size, header.body_size);
      std::string_view const head = body.substr(0, 128);
      if (head.find(R"("method":"exit")") != std::string_view::npos) return true;
      if (auto const id = find_id(body); !id.empty()) {
        bool const shutdown = head.find(R"("method":"shutdown")") != std::string_view::npos;
        if (!(shutdown ? answer_null(id) : answer(id, body.size()))) return false;
      }
      std::memmove(buffer.data(), buffer.data() + whole, have - whole);
      have -= whole;
    }
  }

 private:
  bool answer_null(std::string_view id) {
    std::string const body = R"({"jsonrpc":"2.0","result":null,"id":)" + std::string(id) + "}";
    return write_all(out_, framed(body));
  }

  bool answer(std::string_view id, std::size_t request_size) {
    // A hand-written request may have an id of its own kind.
    if (id.size() != kIdDigits) return answer_null(id);
    std::size_t const size = options_.answer_bytes != 0 ? options_.answer_bytes : request_size;
    if (answer_.frame.size() - answer_.header_size != size) answer_ = make_answer(size);
    std::memcpy(answer_.frame.data() + answer_.id_offset, id.data(), kIdDigits);
    std::string_view const frame = answer_.frame;
    if (!options_.two_writes) return write_all(out_, frame);
    return write_all(out_, frame.substr(0, answer_.header_size)) &&
           write_all(out_, frame.substr(answer_.header_size));
  }

  int in_;
  int out_;
  const Options& options_;
  Message answer_;
};

int serve_socket(const Options& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", options.path);
  int const listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) die("socket");
  // A harness that was killed must not leave a server behind.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (::listen(listener, 128) != 0) die("listen");
  for (int worker = 1; worker < options.workers; ++worker) {
    pid_t const pid = ::fork();
    if (pid < 0) die("fork");
    if (pid > 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    break;
  }
  constexpr std::string_view kReady = "listening\n";
  (void)!::write(STDOUT_FILENO, kReady.data(), kReady.size());
  for (;;) {
    int const fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) die("accept");
    if (Connection(fd, fd, options).serve()) return 0;
    ::close(fd);
  }
}

int run(int argc, char** argv) {
  Options options;
  options.two_writes = std::getenv("ECHO_TWO_WRITES") != nullptr;
  for (int i = 1; i < argc; ++i) {
    std::string_view const flag = argv[i];
    bool const more = i + 1 < argc;
    if (flag == "--two-writes") options.two_writes = true;
    if (flag == "--listen-unix" && more) options.path = argv[++i];
    if (flag == "--workers" && more) options.workers = std::atoi(argv[++i]);
    if (flag == "--answer-bytes" && more)
      options.answer_bytes = std::strtoul(argv[++i], nullptr, 10);
  }
  ::signal(SIGPIPE, SIG_IGN);
  if (options.path != nullptr) return serve_socket(options);
  Connection(STDIN_FILENO, STDOUT_FILENO, options).serve();
  return 0;
}

}  // namespace
}  // namespace bridge::bench

int main(int argc, char** argv) { return bridge::bench::run(argc, argv); }
