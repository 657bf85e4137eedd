// The run behind `gopls-bridge bench`: rounds in which every way is started afresh and measured in
// random order. Fills a report; what is in it after an interruption is what there is.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "bench/options.h"
#include "bench/progress.h"
#include "bench/report.h"
#include "bench/stage.h"

namespace bridge::bench {

inline constexpr const char* kSectionTwice = "round trip, two writes";
inline constexpr const char* kSectionOnce = "round trip, one write";
inline constexpr const char* kSectionStream = "stream";
inline constexpr const char* kSectionTyping = "typing, two writes";
inline constexpr const char* kSectionJournal = "with the journal / without";
inline constexpr const char* kSectionStart = "start";
inline constexpr const char* kSectionMemory = "memory";

class WaysRun {
 public:
  WaysRun(const Options& options, Stage& stage, Report& report, Progress& progress);

  void run();
  // A way of ours broke, or the direct one: not what an installation may do.
  bool own_way_broke() const noexcept { return own_way_broke_; }

 private:
  struct Opened {
    std::unique_ptr<ListeningServer> server;
    std::unique_ptr<OpenWay> open;
  };

  bool another_round() const;
  void round();
  void round_of_trips(bool two_writes);
  void round_of_streams(std::vector<Opened>& ways);
  void round_of_typing(std::vector<Opened>& ways);
  void record_journal();
  void round_of_starts();
  void memory();
  void memory_of_nothing(const Programs& programs);
  void memory_of(Way way, const Programs& programs);

  std::vector<Opened> open_all(bool two_writes);
  Opened open(Way way, bool two_writes) const;
  // False: it threw Broken, and is out of this run.
  bool guarded(Way way, const std::function<void()>& step);
  void record(const char* section, Way way, const std::string& column, const char* metric,
              const char* unit, double value);
  void add_closing_facts();
  std::string round_name() const;

  const Options& options_;
  Stage& stage_;
  Report& report_;
  Progress& progress_;
  std::mt19937 random_;
  std::vector<Way> ways_;
  std::set<Way> broken_;
  std::size_t round_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration longest_round_{};
  int retries_left_ = 0;  // in this round
  int cells_ = 0;
  int noisy_cells_ = 0;
  std::vector<double> foreign_of_rounds_;
  bool own_way_broke_ = false;
};

}  // namespace bridge::bench
