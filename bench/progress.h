// Says on stderr how far a run is: one line that is rewritten on a terminal, else a line a round.
#pragma once

#include <string>

namespace bridge::bench {

class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void round(const std::string& text);  // always seen
  void step(const std::string& text);   // on a terminal only
  void end();                           // the terminal's line is free again

 private:
  bool const on_terminal_;
  bool line_used_ = false;
};

}  // namespace bridge::bench
