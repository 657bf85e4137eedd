// What is measured of the ways to gopls: starts, round trips and memory, written into the report.
#pragma once

#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/gopls/gopls_way.h"
#include "bench/report.h"

namespace bridge::bench {

class GoplsRounds {
 public:
  using Step = std::function<void(const std::string&)>;

  GoplsRounds(const Ground& ground, const StrayCatcher& strays, Report& report, std::uint32_t seed,
              Step step);

  // Fills the caches that all ways share, and keeps one window open at each gopls that stays, so
  // that it is warm for all that follow alike.
  void prepare();
  // One round: each way is started and timed, then all of them are asked in turns.
  void measure(std::size_t round);
  // The ways that start a gopls, each with an empty cache of gopls' own.
  void measure_cold_starts(std::size_t round);
  // Sessions whose gopls is killed, or stopped while the editor is quiet.
  void measure_outliving(std::size_t round);
  // Windows of one way, more and more of them.
  void measure_memory(const std::vector<int>& windows);

  // Of each round: which part of all CPUs' time others took during the round trips.
  const std::vector<double>& foreign_shares() const noexcept { return foreign_shares_; }

 private:
  std::vector<GoplsWay> shuffled(std::vector<GoplsWay> ways);
  GoplsWindow open(GoplsWay way, const std::vector<std::string>& environment);
  void record_start(GoplsWay way, const char* how, std::size_t round, const StartTimes& times);
  // The gopls that listens, the windows that keep it warm, and the daemon of -remote=auto.
  std::vector<pid_t> processes_that_stay() const;
  void measure_memory_of(GoplsWay way, const std::vector<int>& windows);
  void say(const std::string& text) const;

  const Ground& ground_;
  const StrayCatcher& strays_;
  Report& report_;
  std::mt19937 random_;
  Step step_;
  int cold_starts_ = 0;
  std::vector<double> foreign_shares_;
  // In this order: windows end before what they are connected to.
  std::optional<ListeningGopls> listening_;
  std::vector<GoplsWindow> keepers_;
};

}  // namespace bridge::bench
