// One history from its first byte to its verdict: an editor, a session and its servers, all made of
// one seed, and what must hold in the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/simulation/plan.h"
#include "tests/simulation/simulated_world.h"

namespace bridge::simulation {

struct Verdict {
  std::string fault;  // empty: all was well
  int servers = 0;
  std::size_t losses = 0;
  int results = 0;
  int errors = 0;
  double seconds = 0;  // simulated
  std::size_t journal_bytes = 0;
};

class History {
 public:
  struct Options {
    std::uint64_t seed = 0;
    int operations = -1;  // as in plan_for()
    bool verbose = false;
  };
  explicit History(const Options& options);
  Verdict run();

 private:
  bool going() const { return stage_.referee.good() && !world_.outcome(); }
  // Steps until `reached` or `most` has passed. False: it was not reached.
  template <class Reached>
  bool run_until(Span most, Reached reached);
  void work();
  void rest();
  void compare();
  void compare_documents();
  void end();
  void do_end(Ending ending);
  int expected_exit_code(Ending ending) const;
  bool may_be_lost() const;
  void fault(const std::string& text) { stage_.referee.fault(text); }

  std::uint64_t seed_;
  Stage stage_;
  Plan plan_;
  std::shared_ptr<Pipe> from_editor_;
  std::shared_ptr<Pipe> to_editor_;
  std::shared_ptr<ModelEditor> editor_;
  SimulatedWorld world_;
  bool broke_off_ = false;
};

// The models with nothing between them: what they find then is a fault of theirs.
Verdict run_without_bridge(const History::Options& options);

}  // namespace bridge::simulation
