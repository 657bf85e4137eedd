#include "bench/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "bench/gopls/gopls_bench.h"
#include "bench/gopls/park_bench.h"
#include "bench/gopls/sharing_bench.h"
#include "bench/workload/workload_bench.h"

namespace bridge::bench {
namespace {

std::optional<double> number(std::string_view text) {
  double value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    auto const comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

class Reader {
 public:
  explicit Reader(const std::vector<std::string>& args) : args_(args) {}

  ReadOptions read() {
    while (at_ < args_.size() && result_.complaint.empty()) {
      flag_ = args_[at_++];
      inline_value_.reset();
      if (auto const equals = flag_.find('='); equals != std::string::npos) {
        inline_value_ = flag_.substr(equals + 1);
        flag_.resize(equals);
      }
      take_flag();
    }
    return std::move(result_);
  }

 private:
  void take_flag() {
    Options& options = result_.options;
    if (flag_ == "--help" || flag_ == "-h") {
      options.action = Options::Action::help;
    } else if (flag_ == "--details") {
      options.details = true;
    } else if (flag_ == "--gopls") {
      options.action = Options::Action::gopls;
      bool const follows = at_ < args_.size() && !args_[at_].starts_with('-');
      if (inline_value_ || follows) options.gopls = value();
    } else if (flag_ == "--sharing" || flag_ == "--park") {
      options.action = flag_ == "--park" ? Options::Action::park : Options::Action::sharing;
      bool const follows = at_ < args_.size() && !args_[at_].starts_with('-');
      if (inline_value_ || follows) options.gopls = value();
    } else if (flag_ == "--compare") {
      options.action = Options::Action::compare;
      options.compare[0] = value();
      options.compare[1] = value();
    } else if (!flag_.starts_with("--")) {
      complain("unexpected argument: " + flag_);
    } else if (!take_run_flag() && !take_choice()) {
      complain("unknown flag: " + flag_);
    }
  }

  bool take_run_flag() {
    Options& options = result_.options;
    if (flag_ == "--rounds") {
      options.rounds = static_cast<int>(whole(1, 1000));
    } else if (flag_ == "--seed") {
      options.seed = static_cast<std::uint32_t>(
          whole(0, static_cast<double>(std::numeric_limits<std::uint32_t>::max())));
    } else if (flag_ == "--cpu") {
      options.cpu = static_cast<int>(whole(0, 1023));
    } else if (flag_ == "--cell-ms") {
      options.cell_ms = static_cast<int>(whole(1, 10'000));
    } else if (flag_ == "--other-bridge") {
      options.other_bridge = value();
    } else if (flag_ == "--json") {
      options.json = value();
    } else if (flag_ == "--module") {
      options.module = value();
    } else if (flag_ == "--sessions") {
      options.sessions = static_cast<int>(whole(0, 10'000));
    } else if (flag_ == "--sizes") {
      options.sizes.clear();
      for (auto const& one : split(value()))
        // From the smallest request to what the bridge passes by default.
        options.sizes.push_back(static_cast<std::size_t>(whole_of(one, 128, 64 * 1024 * 1024)));
    } else if (flag_ == "--windows") {
      options.windows.clear();
      for (auto const& one : split(value()))
        options.windows.push_back(static_cast<int>(whole_of(one, 1, 64)));
    } else {
      return false;
    }
    return true;
  }

  bool take_choice() {
    Options& options = result_.options;
    if (flag_ == "--writes") {
      auto const name = one_of({"once", "twice", "both"});
      options.once = name != "twice";
      options.twice = name != "once";
    } else if (flag_ == "--placement") {
      auto const name = one_of({"same", "split", "free"});
      options.placement = name == "split"  ? PlacementName::split
                          : name == "free" ? PlacementName::free
                                           : PlacementName::same;
    } else if (flag_ == "--workload") {
      one_of({"lsp"});
      options.action = Options::Action::workload;
    } else if (flag_ == "--ways") {
      options.ways = split(value());
      for (auto const& id : options.ways) {
        if (!way_of_id(id)) complain("--ways: there is no " + id + known_ways());
      }
    } else if (flag_ == "--parts") {
      take_parts();
    } else if (flag_ == "--inject") {
      take_injected();
    } else {
      return false;
    }
    return true;
  }

  void take_parts() {
    Options& options = result_.options;
    options.round_trips = options.streams = options.starts = options.memory = false;
    for (auto const& name : split(value())) {
      if (name == "round-trips")
        options.round_trips = true;
      else if (name == "streams")
        options.streams = true;
      else if (name == "starts")
        options.starts = true;
      else if (name == "memory")
        options.memory = true;
      else
        complain("--parts: not one of round-trips, streams, starts, memory: " + name);
    }
  }

  // socket:5% or socket:20us. Not in the help: for the self-test (scripts/lab bench-selftest).
  void take_injected() {
    std::string const text = value();
    auto const colon = text.find(':');
    auto const way = way_of_id(std::string_view(text).substr(0, colon));
    std::string_view rest =
        colon == std::string::npos ? std::string_view() : std::string_view(text).substr(colon + 1);
    Injected injected{.way = way.value_or(Way::direct)};
    if (way && rest.ends_with("us")) {
      auto const time = number(rest.substr(0, rest.size() - 2));
      injected.time = std::chrono::nanoseconds(static_cast<long>(time.value_or(0) * 1000));
    } else if (way && rest.ends_with("%")) {
      injected.of_median = number(rest.substr(0, rest.size() - 1)).value_or(0) / 100;
    }
    if (injected.time.count() <= 0 && injected.of_median <= 0)
      complain("--inject: not WAY:PERCENT% or WAY:TIMEus: " + text);
    result_.options.injected = injected;
  }

  static std::string known_ways() {
    std::string text = "; there are";
    for (auto const& name : all_ways()) text.append(" ").append(name.id);
    return text;
  }

  std::string value() {
    if (inline_value_) return *std::exchange(inline_value_, std::nullopt);
    if (at_ < args_.size()) return args_[at_++];
    complain("flag needs an argument: " + flag_);
    return {};
  }
  long whole(double min, double max) { return whole_of(value(), min, max); }
  long whole_of(const std::string& text, double min, double max) {
    auto const found = number(text);
    if (found && *found >= min && *found <= max &&
        *found == static_cast<double>(static_cast<long>(*found)))
      return static_cast<long>(*found);
    complain(flag_ + ": not a whole number from " + std::to_string(static_cast<long>(min)) +
             " to " + std::to_string(static_cast<long>(max)) + ": " + text);
    return static_cast<long>(min);
  }
  std::string one_of(const std::vector<std::string>& names) {
    std::string text = value();
    if (std::find(names.begin(), names.end(), text) != names.end()) return text;
    std::string list;
    for (auto const& name : names) list.append(list.empty() ? "" : ", ").append(name);
    complain(flag_ + ": not one of " + list + ": " + text);
    return names.front();
  }
  void complain(std::string what) {
    if (result_.complaint.empty()) result_.complaint = std::move(what);
  }

  const std::vector<std::string>& args_;
  std::size_t at_ = 0;
  std::string flag_;
  std::optional<std::string> inline_value_;
  ReadOptions result_;
};

}  // namespace

ReadOptions read_options(const std::vector<std::string>& args) {
  auto read = Reader(args).read();
  if (read.complaint.empty() && read.options.sizes.empty()) read.complaint = "--sizes: none";
  return read;
}

std::string_view help_text() {
  static std::string const text =
      std::string(
          "gopls-bridge bench: what the bridge costs on this machine, beside a direct connection "
          "and\n"
          "whatever else is installed that does its job. Some 50 seconds; Ctrl-C prints what there "
          "is.\n"
          "\n"
          "  --rounds N             rounds; ways are paired inside each (what fits, 9 at most)\n"
          "  --sizes N,N,…          bytes of a body (128,1024,16384,262144,4194304)\n"
          "  --writes once|twice|both   how the peers write a frame; VS Code and gopls: twice "
          "(both)\n"
          "  --placement same|split|free   all on one CPU; the editor on one of its own; anywhere "
          "(same)\n"
          "  --cpu N                that one CPU (the last)\n"
          "  --cell-ms N            time for one way at one size in one round (20)\n"
          "  --ways ID,ID,…         only these; a wrong one lists all\n"
          "  --parts NAME,…         round-trips, streams, starts, memory (all)\n"
          "  --seed N               repeats the order of a run\n"
          "  --other-bridge PATH    another build, beside this one\n"
          "  --details              all tables: each spread, p90 to p99.9, what the relay spends\n"
          "  --json FILE|-          every figure of every round; with - no tables\n"
          "  --compare A.json B.json   what changed from A to B, and whether it is more than "
          "noise\n"
          "\n"
          "  --gopls [PATH] [--module DIR] [--windows N,…]   the real gopls instead: round trips,\n"
          "                         start, memory of N windows; ") +
      kGoplsBenchTime +
      "\n"
      "  --sharing [PATH] [--module DIR] [--windows N,…] [--sessions N]   windows that share a "
      "gopls:\n"
      "                         memory, starts, round trips, leases, idle sessions; " +
      kSharingBenchTime +
      "\n"
      "  --park [PATH] [--module DIR]   windows that are reloaded or started again: to the first\n"
      "                         hover, by the workspace's files, memory; " +
      kParkBenchTime +
      "\n"
      "  --workload lsp         a recorded editor session instead; " +
      kWorkloadBenchTime +
      "\n"
      "\n"
      "How it measures, and what not to conclude: bench/METHOD.md\n";
  return text;
}

}  // namespace bridge::bench
