// Where a run takes place: a directory of its own, an environment in which nothing of the user's is
// found, the programs, the CPUs. All of it is undone or removed at the end of the process.
#pragma once

#include <string>

#include "bench/options.h"
#include "bench/process.h"
#include "bench/ways.h"

namespace bridge::bench {

// What the command knows and the bench does not look up.
struct Context {
  std::string version;
  std::string command;  // as it was typed
  std::string gopls;    // the real one; empty: none found
};

class Stage {
 public:
  Stage(const Options& options, const Context& context);

  const TempDir& directory() const noexcept { return directory_; }
  const Programs& programs() const noexcept { return programs_; }
  // The same, with an executable that nobody else has mapped: then its pages are its own.
  Programs programs_alone();
  // An executable that runs `command` of this one, whatever its arguments: no bridge takes itself
  // for a gopls.
  std::string make_stand_in(const std::string& command);

  std::string placement() const { return placement_; }  // in words
  bool on_one_cpu() const noexcept { return on_one_cpu_; }

 private:
  void choose_cpus(const Options& options);

  TempDir directory_;
  Programs programs_;
  std::string placement_;
  bool on_one_cpu_ = false;
};

std::string this_executable();
// Takes what a user set for the bridge out of the environment.
void forget_bridge_variables();

}  // namespace bridge::bench
