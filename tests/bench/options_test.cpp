#include "bench/options.h"

#include <gtest/gtest.h>

#include <sstream>

#include "bench/text_table.h"

namespace bridge::bench {
namespace {

using Args = std::vector<std::string>;

TEST(Options, NothingMeansEverythingWithinAMinute) {
  auto const [options, complaint] = read_options({});
  EXPECT_EQ(complaint, "");
  EXPECT_EQ(options.action, Options::Action::ways);
  EXPECT_EQ(options.rounds, 0);
  EXPECT_EQ(options.sizes, (std::vector<std::size_t>{128, 1024, 16384, 262144, 4194304}));
  EXPECT_TRUE(options.once && options.twice && options.round_trips && options.streams &&
              options.starts && options.memory);
  EXPECT_TRUE(options.ways.empty());
}

TEST(Options, ValuesAreTakenInBothForms) {
  for (auto const& args : {Args{"--rounds", "7", "--sizes", "128,65536", "--json", "-"},
                           Args{"--rounds=7", "--sizes=128,65536", "--json=-"}}) {
    auto const [options, complaint] = read_options(args);
    EXPECT_EQ(complaint, "");
    EXPECT_EQ(options.rounds, 7);
    EXPECT_EQ(options.sizes, (std::vector<std::size_t>{128, 65536}));
    EXPECT_EQ(options.json, "-");
  }
}

TEST(Options, ChoicesAreTaken) {
  auto const options =
      read_options({"--writes", "twice", "--placement", "split", "--ways", "socket,socat",
                    "--parts", "starts", "--seed", "4294967295", "--details", "--other-bridge",
                    "/b", "--cell-ms", "60", "--cpu", "0"})
          .options;
  EXPECT_TRUE(options.twice && !options.once);
  EXPECT_EQ(options.placement, PlacementName::split);
  EXPECT_EQ(options.ways, (Args{"socket", "socat"}));
  EXPECT_TRUE(options.starts && !options.round_trips && !options.streams && !options.memory);
  EXPECT_EQ(options.seed, 4294967295U);
  EXPECT_TRUE(options.details);
  EXPECT_EQ(options.other_bridge, "/b");
  EXPECT_EQ(options.cell_ms, 60);
  EXPECT_EQ(options.cpu, 0);
}

TEST(Options, GoplsMayHaveAPath) {
  EXPECT_EQ(read_options({"--gopls"}).options.action, Options::Action::gopls);
  auto const with_path = read_options({"--gopls", "/g", "--module", "/m", "--windows", "1,2"});
  EXPECT_EQ(with_path.options.gopls, "/g");
  EXPECT_EQ(with_path.options.module, "/m");
  EXPECT_EQ(with_path.options.windows, (std::vector<int>{1, 2}));
  auto const with_flag = read_options({"--gopls", "--rounds", "2"});
  EXPECT_EQ(with_flag.options.gopls, "");
  EXPECT_EQ(with_flag.options.rounds, 2);
  EXPECT_EQ(read_options({"--gopls=/g"}).options.gopls, "/g");
}

TEST(Options, SharingIsAnActionAndMayHaveAPath) {
  auto const plain = read_options({"--sharing"}).options;
  EXPECT_EQ(plain.action, Options::Action::sharing);
  EXPECT_EQ(plain.sessions, 1000);
  auto const more = read_options({"--sharing", "/g", "--sessions", "0", "--windows=2,3"}).options;
  EXPECT_EQ(more.gopls, "/g");
  EXPECT_EQ(more.sessions, 0);
  EXPECT_EQ(more.windows, (std::vector<int>{2, 3}));
  EXPECT_NE(read_options({"--sharing", "--sessions", "-1"}).complaint, "");

  auto const park = read_options({"--park", "/g", "--module", "/m"}).options;
  EXPECT_EQ(park.action, Options::Action::park);
  EXPECT_EQ(park.gopls, "/g");
  EXPECT_EQ(park.module, "/m");
}

TEST(Options, WorkloadAndCompareAreActions) {
  EXPECT_EQ(read_options({"--workload", "lsp"}).options.action, Options::Action::workload);
  auto const compared = read_options({"--compare", "a", "b"}).options;
  EXPECT_EQ(compared.action, Options::Action::compare);
  EXPECT_EQ(compared.compare[0], "a");
  EXPECT_EQ(compared.compare[1], "b");
}

TEST(Options, ASlowdownCanBePutIn) {
  auto const percent = read_options({"--inject", "socket:5%"}).options.injected;
  ASSERT_TRUE(percent);
  EXPECT_EQ(percent->way, Way::bridge_socket);
  EXPECT_DOUBLE_EQ(percent->of_median, 0.05);
  auto const time = read_options({"--inject", "socat:20us"}).options.injected;
  ASSERT_TRUE(time);
  EXPECT_EQ(time->way, Way::socat);
  EXPECT_EQ(time->time, std::chrono::microseconds(20));
}

TEST(Options, WhatIsNotUnderstoodIsNamed) {
  struct Case {
    Args args;
    const char* word;
  };
  for (auto const& [args, word] :
       {Case{{"--rounds", "0"}, "--rounds: not a whole number from 1 to 1000: 0"},
        Case{{"--rounds", "1.5"}, "1.5"},
        Case{{"--rounds", "7x"}, "7x"},
        Case{{"--rounds", ""}, "--rounds"},
        Case{{"--rounds"}, "flag needs an argument: --rounds"},
        Case{{"--sizes", "64"}, "from 128"},
        Case{{"--sizes", "128,,1024"}, "--sizes"},
        Case{{"--sizes", "99999999999"}, "99999999999"},
        Case{{"--writes", "thrice"}, "--writes: not one of once, twice, both: thrice"},
        Case{{"--placement", "there"}, "there"},
        Case{{"--workload", "dap"}, "lsp"},
        Case{{"--ways", "nowhere"}, "there is no nowhere; there are direct pipes"},
        Case{{"--parts", "start"}, "start"},
        Case{{"--inject", "socket"}, "--inject"},
        Case{{"--inject", "nowhere:5%"}, "--inject"},
        Case{{"--inject", "socket:0%"}, "--inject"},
        Case{{"--compare", "a"}, "flag needs an argument: --compare"},
        Case{{"--seed", "-1"}, "--seed"},
        Case{{"--bogus"}, "unknown flag: --bogus"},
        Case{{"-x"}, "unexpected argument: -x"},
        Case{{"file"}, "unexpected argument: file"}}) {
    auto const complaint = read_options(args).complaint;
    EXPECT_NE(complaint.find(word), std::string::npos) << word << ": " << complaint;
  }
}

TEST(Options, TheHelpFitsAndNamesEveryFlag) {
  std::istringstream lines{std::string(help_text())};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 100u) << line;
  for (auto const* flag : {"--rounds", "--sizes", "--writes", "--placement", "--cpu", "--cell-ms",
                           "--ways", "--parts", "--seed", "--other-bridge", "--details", "--json",
                           "--compare", "--gopls", "--module", "--windows", "--workload"})
    EXPECT_NE(help_text().find(flag), std::string::npos) << flag;
}

}  // namespace
}  // namespace bridge::bench
