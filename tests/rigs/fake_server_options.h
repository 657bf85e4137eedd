// What fake_server can be told to do; see README.md for the list with examples.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bridge::rigs {

struct FakeServerOptions {
  std::map<std::string, std::chrono::milliseconds>
      delays;                             // --delay METHOD=MS, --delay-shutdown MS
  std::optional<std::string> exit_when;   // --exit-when METHOD: exit(3) instead of handling it
  std::optional<std::string> stall_when;  // --stall-when METHOD: read nothing after it
  // --die-in-frame [METHOD=]N: SIGKILL after N bytes of the first answer to it (hover)
  std::map<std::string, std::size_t> die_in_frame;
  std::string panic_at;         // --panic-at TEXT: end as a Go panic at a message with this text
  bool keep = false;            // --keep: every message, for fake/received
  std::string version = "1";    // --version V: serverInfo's
  bool print_garbage = false;   // --print-garbage: a bare line before each frame
  bool two_writes = false;      // --two-writes: header and body apart, as gopls does
  bool ask = false;             // --ask: request workspace/configuration after `initialized`
  bool stay_after_eof = false;  // --stay-after-eof: live on until killed
  std::vector<std::string> stderr_lines;  // --stderr LINE, at the start
  std::string listen_unix;  // --listen-unix PATH: serve connections, beside one another
  // serve -listen=unix;PATH -listen.timeout=DURATION: the same as gopls does it
  std::string listen_as_gopls;
  std::chrono::milliseconds listen_timeout{0};
  std::chrono::milliseconds delay_listen{0};  // --delay-listen MS: before it listens
  std::string record;                         // --record FILE: every byte received
  std::string record_argv;                    // --record-argv FILE: argv, one argument a line
};

// From FAKE_SERVER_ARGS (one argument a line) if that is set, else from the file ARGV0.options if
// there is one, else from argv: so that a program which starts us with arguments of its own can
// still be given a script. In argv what follows `serve` is gopls' own; what is not of interest
// there is passed over. Prints what is wrong and exits with 2.
FakeServerOptions parse_fake_server_options(int argc, char** argv);

}  // namespace bridge::rigs
