// fake_server: a scripted LSP server, so that tests and scripts/try need neither Go nor gopls.
//
// What it answers is in fake_session.h, its options in fake_server_options.h, both with examples in
// README.md. No part of the product.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "proxy/kernel/unique_fd.h"
#include "tests/rigs/fake_server_options.h"
#include "tests/rigs/fake_session.h"

namespace bridge::rigs {
namespace {

// The socket gets its name once it listens: whoever sees it can connect.
int listen_and_serve(const FakeServerOptions& options) {
  kernel::UniqueFd const listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto const unready = options.listen_unix + "~";
  unready.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 16) != 0 ||
      ::rename(unready.c_str(), options.listen_unix.c_str()) != 0) {
    std::perror(options.listen_unix.c_str());
    return 2;
  }
  for (;;) {
    kernel::UniqueFd const one(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (one) FakeSession(options, one.get(), one.get()).run();
  }
}

}  // namespace
}  // namespace bridge::rigs

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  auto const options = bridge::rigs::parse_fake_server_options(argc, argv);
  for (auto const& line : options.stderr_lines) std::fprintf(stderr, "%s\n", line.c_str());
  if (!options.record_argv.empty())
    for (int number = 0; number < argc; ++number)
      bridge::rigs::append_to_file(options.record_argv, std::string(argv[number]) + "\n");
  if (!options.listen_unix.empty()) return bridge::rigs::listen_and_serve(options);
  bridge::rigs::FakeSession(options, STDIN_FILENO, STDOUT_FILENO).run();
  return 0;
}
