#include "bench/echo_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "bench/addresses.h"
#include "bench/messages.h"
#include "bench/process.h"

namespace bridge::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct EchoOptions {
  Address address;  // none: stdio
  int workers = 1;
  bool two_writes = false;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

// The raw text of the id; empty for a notification. lspmux writes ids of its own, gopls' forwarder
// puts them where it likes: near the head of a body or at its end.
std::string_view find_id(std::string_view body) {
  constexpr std::string_view kName = R"("id":)";
  std::string_view const tail = body.substr(body.size() - std::min<std::size_t>(body.size(), 96));
  for (std::string_view const part : {body.substr(0, 96), tail}) {
    auto const at = part.find(kName);
    if (at == std::string_view::npos) continue;
    std::string_view const rest = part.substr(at + kName.size());
    return rest.substr(0, rest.find_first_of(",}"));
  }
  return {};
}

// The number behind "name": in a short body; 0 where there is none.
std::size_t number_of(std::string_view body, std::string_view name) {
  auto const at = body.find(name);
  if (at == std::string_view::npos) return 0;
  return std::strtoul(std::string(body.substr(at + name.size(), 20)).c_str(), nullptr, 10);
}

class Connection {
 public:
  Connection(int in, int out, bool two_writes) : in_(in), out_(out), two_writes_(two_writes) {}

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
      if (!handle({buffer.data() + header.size, header.body_size})) return exit_seen_;
      std::memmove(buffer.data(), buffer.data() + whole, have - whole);
      have -= whole;
    }
  }

 private:
  // False: the connection is over.
  bool handle(std::string_view body) {
    std::string_view const head = body.substr(0, 160);
    auto const method = [head](std::string_view name) {
      return head.find(name) != std::string_view::npos;
    };
    auto const id = find_id(body);
    if (id.empty()) {
      if (method(R"("method":"exit")")) {
        exit_seen_ = true;
        return false;
      }
      if (method(R"("method":"bench/delay")"))
        delay_ = nanoseconds(number_of(head, R"("ns":)"));
      else if (method(R"("method":"bench/stream")"))
        return stream(number_of(head, R"("frames":)"), number_of(head, R"("bytes":)"));
      return true;
    }
    // Ours have an id of kIdDigits, and are not searched for a name.
    for (auto const* own : {R"("initialize")", R"("shutdown")", R"("gopls/handshake")"}) {
      if (id.size() != kIdDigits && method(own)) return answer_other(id);
    }
    if (delay_ > nanoseconds{}) {
      for (auto const until = Clock::now() + delay_; Clock::now() < until;) continue;
    }
    return answer(id, body.size());
  }

  bool answer_other(std::string_view id) {
    return write_all(out_, framed(R"({"jsonrpc":"2.0","result":{"capabilities":{}},"id":)" +
                                  std::string(id) + "}"));
  }

  bool answer(std::string_view id, std::size_t size) {
    if (answer_size_ != size || answer_id_size_ != id.size()) {
      answer_ = make_answer(size, id);
      answer_size_ = size;
      answer_id_size_ = id.size();
    }
    std::copy(id.begin(), id.end(), answer_.frame.begin() + offset(answer_.id_offset));
    return write(answer_);
  }

  bool stream(std::size_t frames, std::size_t bytes) {
    Message const notification = make_notification(bytes);
    for (; frames > 0; --frames) {
      if (!write(notification)) return false;
    }
    return true;
  }

  bool write(const Message& message) {
    std::string_view const frame = message.frame;
    if (!two_writes_) return write_all(out_, frame);
    return write_all(out_, frame.substr(0, message.header_size)) &&
           write_all(out_, frame.substr(message.header_size));
  }

  static std::ptrdiff_t offset(std::size_t size) { return static_cast<std::ptrdiff_t>(size); }

  int in_;
  int out_;
  bool two_writes_;
  bool exit_seen_ = false;
  nanoseconds delay_{};
  Message answer_;
  std::size_t answer_size_ = 0;
  std::size_t answer_id_size_ = 0;
};

int serve_socket(const EchoOptions& options) {
  // A harness that was killed must not leave a server behind.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  Listener const listener = listen_at(options.address);
  for (int worker = 1; worker < options.workers; ++worker) {
    pid_t const pid = ::fork();
    if (pid < 0) fail("fork");
    if (pid > 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    break;
  }
  write_all(STDOUT_FILENO, std::to_string(listener.port) + "\n");
  for (;;) {
    kernel::UniqueFd const fd(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) fail("accept");
    int const on = 1;
    if (options.address.kind == Address::Kind::tcp)
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (Connection(fd.get(), fd.get(), options.two_writes).serve()) return 0;
  }
}

}  // namespace

int run_echo_server(const std::vector<std::string>& args) {
  EchoOptions options;
  options.two_writes = std::getenv(kTwoWritesVariable) != nullptr;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view const flag = args[i];
    bool const more = i + 1 < args.size();
    if (flag == "--two-writes") options.two_writes = true;
    if (flag == "--unix" && more) options.address = {Address::Kind::unix_path, args[++i], 0};
    if (flag == "--tcp") options.address.kind = Address::Kind::tcp;
    if (flag == "--vsock") options.address.kind = Address::Kind::vsock;
    if (flag == "--workers" && more) options.workers = std::atoi(args[++i].c_str());
  }
  ::signal(SIGPIPE, SIG_IGN);
  try {
    if (options.address.kind != Address::Kind::none) return serve_socket(options);
    Connection(STDIN_FILENO, STDOUT_FILENO, options.two_writes).serve();
  } catch (const Broken& broken) {
    std::fprintf(stderr, "echo server: %s\n", broken.what());
    return 1;
  }
  return 0;
}

}  // namespace bridge::bench
