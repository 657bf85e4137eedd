// What kind of history a seed makes: how the editor, the servers, the kernel and the settings of
// the session are in it. Most histories have most kinds of trouble switched off: together they
// would hide each other.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/session/session_core.h"
#include "tests/simulation/model_editor.h"
#include "tests/simulation/model_server.h"
#include "tests/simulation/pipe.h"

namespace bridge::simulation {

enum class Ending : std::uint8_t {
  shutdown_and_exit,
  shutdown_and_close,  // as VS Code's window reload does
  close,
  exit_alone,
  cut,   // in the middle of a frame
  gone,  // reads no more
  signal,
};
std::string_view to_string(Ending ending);

struct Plan {
  session::SessionCore::Settings settings;
  ModelEditor::Conduct editor;
  ModelServer::Conduct server;  // of all of them, but for how they end
  Pipe::Nature editor_pipe;
  Pipe::Nature server_pipe;
  microseconds lag_max{300};  // of the bridge's process, behind what happens

  unsigned deaths = 0;         // percent of servers that end before their time
  int deaths_max = 0;          // how many of these there are
  bool dies_early = false;     // also before the first `initialize` is answered
  int loop_from = 0;           // from this server on none lives,
  int loop_length = 0;         // so many of them
  unsigned failed_starts = 0;  // percent
  unsigned held_outputs = 0;   // percent of deaths after which something holds the output open
  unsigned killed = 30;        // percent of deaths that came from outside
  int upgrades = 0;
  Ending ending = Ending::shutdown_and_exit;
  milliseconds breaks_off_after{-1};  // not negative: the ending comes at this time, whatever is
};

// `operations`: how many of the editor's at most, to make a failing history shorter; negative: as
// the seed says.
Plan plan_for(std::uint64_t seed, int operations);
// How the `number`-th server of a history is.
ModelServer::Conduct conduct_of(const Plan& plan, Dice& dice, int number);

}  // namespace bridge::simulation
