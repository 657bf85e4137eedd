#include "tests/rigs/fake_listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/fake_session.h"

namespace bridge::rigs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kExitAsGopls = 2;  // also at its idle end

struct Client {
  kernel::UniqueFd fd;
  std::unique_ptr<FakeSession> session;
};

kernel::UniqueFd listen_at(const std::string& path) {
  kernel::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::listen(listener.get(), SOMAXCONN) == 0)
    return listener;
  std::perror(path.c_str());
  return {};
}

class FakeListener {
 public:
  FakeListener(const FakeServerOptions& options, kernel::UniqueFd listener)
      : options_(options), listener_(std::move(listener)) {}

  // Returns at the idle end.
  void run() {
    while (!idle_end()) {
      std::vector<pollfd> set{{listener_.get(), POLLIN, 0}};
      int timeout = idle_ms();
      for (auto const& client : clients_) {
        auto const wants = client.session->wants();
        set.insert(set.end(), wants.begin(), wants.end());
        // An end that is not waited for in either direction is still heard of by poll.
        int const own = client.session->timeout_ms();
        if (own >= 0) timeout = timeout < 0 ? own : std::min(timeout, own);
      }
      if (::poll(set.data(), set.size(), timeout) < 0) continue;
      for (std::size_t number = 0; number < clients_.size(); ++number)
        clients_[number].session->turn(set[1 + 2 * number], set[2 + 2 * number]);
      auto const before = clients_.size();
      std::erase_if(clients_, [](auto const& client) { return client.session->done(); });
      if (clients_.size() < before) idle_since_ = Clock::now();
      if (set[0].revents != 0) accept();
    }
  }

 private:
  void accept() {
    for (;;) {
      kernel::UniqueFd one(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!one) return;
      int const fd = one.get();
      clients_.push_back({std::move(one), std::make_unique<FakeSession>(options_, fd, fd)});
    }
  }
  int idle_ms() const {
    if (!clients_.empty() || options_.listen_timeout.count() == 0) return -1;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(
        idle_since_ + options_.listen_timeout - Clock::now());
    return static_cast<int>(std::max<std::int64_t>(0, left.count()));
  }
  bool idle_end() const { return idle_ms() == 0; }

  const FakeServerOptions& options_;
  kernel::UniqueFd listener_;
  std::vector<Client> clients_;
  Clock::time_point idle_since_ = Clock::now();
};

}  // namespace

int listen_and_serve(const FakeServerOptions& options) {
  ::poll(nullptr, 0, static_cast<int>(options.delay_listen.count()));
  if (!options.listen_as_gopls.empty()) {
    auto const& path = options.listen_as_gopls;
    std::fprintf(stderr, "fake_server: listening on unix network, address %s...\n", path.c_str());
    auto listener = listen_at(path);
    if (!listener) return kExitAsGopls;
    FakeListener(options, std::move(listener)).run();
    ::unlink(path.c_str());
    std::fprintf(stderr, "gopls: timed out waiting for new connections\n");
    return kExitAsGopls;
  }
  // The socket gets its name once it listens: whoever sees it can connect.
  auto const unready = options.listen_unix + "~";
  auto listener = listen_at(unready);
  if (!listener) return kExitAsGopls;
  if (::rename(unready.c_str(), options.listen_unix.c_str()) != 0) return kExitAsGopls;
  FakeListener(options, std::move(listener)).run();
  return 0;
}

}  // namespace bridge::rigs
