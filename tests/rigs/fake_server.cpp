// fake_server: a scripted LSP server, so that tests and scripts/try need neither Go nor gopls.
//
// What it answers is in fake_session.h, its options in fake_server_options.h, both with examples in
// README.md. No part of the product.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "tests/rigs/fake_listener.h"
#include "tests/rigs/fake_server_options.h"
#include "tests/rigs/fake_session.h"

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  auto const options = bridge::rigs::parse_fake_server_options(argc, argv);
  for (auto const& line : options.stderr_lines) std::fprintf(stderr, "%s\n", line.c_str());
  if (!options.record_argv.empty())
    for (int number = 0; number < argc; ++number)
      bridge::rigs::append_to_file(options.record_argv, std::string(argv[number]) + "\n");
  if (!options.listen_unix.empty() || !options.listen_as_gopls.empty())
    return bridge::rigs::listen_and_serve(options);
  bridge::rigs::FakeSession(options, STDIN_FILENO, STDOUT_FILENO).run();
  return 0;
}
