#include "proxy/cli/go_flag.h"

#include <gtest/gtest.h>

#include "proxy/cli/go_duration.h"

namespace bridge::cli {
namespace {

using Kind = GoArgument::Kind;

TEST(GoFlag, OneAndTwoDashesAreTheSameFlag) {
  for (auto const* text : {"-rpc.trace", "--rpc.trace"}) {
    auto const argument = read_go_argument(text);
    EXPECT_EQ(argument.kind, Kind::flag) << text;
    EXPECT_EQ(argument.name, "rpc.trace") << text;
    EXPECT_FALSE(argument.value) << text;
  }
}

TEST(GoFlag, AValueFollowsTheFirstEqualsSign) {
  EXPECT_EQ(read_go_argument("-remote=unix;/a=b").name, "remote");
  EXPECT_EQ(read_go_argument("-remote=unix;/a=b").value, "unix;/a=b");
  EXPECT_EQ(read_go_argument("--mode=").value, "");
}

TEST(GoFlag, ADashAloneAndTheEmptyTextAreWords) {
  for (auto const* text : {"-", "", "serve", "a-b", "a=b"})
    EXPECT_EQ(read_go_argument(text).kind, Kind::word) << text;
}

TEST(GoFlag, TwoDashesEndTheFlags) { EXPECT_EQ(read_go_argument("--").kind, Kind::end_of_flags); }

TEST(GoFlag, AThirdDashAndAnEmptyNameAreMalformed) {
  for (auto const* text : {"---v", "-=v", "--=v", "--="})
    EXPECT_EQ(read_go_argument(text).kind, Kind::malformed) << text;
}

TEST(GoFlag, BooleansAreThoseOfStrconv) {
  for (auto const* text : {"1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false"})
    EXPECT_TRUE(parse_go_bool(text)) << text;
  for (auto const* text : {"", "yes", "tRUE", "2", "on"}) EXPECT_FALSE(parse_go_bool(text)) << text;
  for (auto const* text : {"1", "t", "T", "true", "TRUE", "True"})
    EXPECT_EQ(parse_go_bool(text), true) << text;
  for (auto const* text : {"0", "f", "F", "false", "FALSE", "False"})
    EXPECT_EQ(parse_go_bool(text), false) << text;
}

TEST(GoDuration, IsWhatTimeParseDurationTakes) {
  for (auto const* text : {"0", "1m0s", "2s", "1.5h", ".5s", "5.s", "-3ms", "+1us", "1\u00b5s",
                           "1\u03bcs", "1h15m30.918s", "12ns", "9223372036854775807ns",
                           "-9223372036854775808ns", "2562047h47m16.854775807s"})
    EXPECT_TRUE(parse_go_duration(text)) << text;
  for (auto const* text :
       {"", "3", "s", ".s", "1x", "1m0", "-", "1..5s", "1 s", "--1s", "1mss", "off",
        "9223372036854775808ns", "2562048h", "99999999999999999999s", "1e3s"})
    EXPECT_FALSE(parse_go_duration(text)) << text;
}

TEST(GoDuration, HasItsValue) {
  using std::chrono::nanoseconds;
  auto const value = [](std::string_view text) {
    return parse_go_duration(text).value_or(nanoseconds(-1)).count();
  };
  EXPECT_EQ(value("0"), 0);
  EXPECT_EQ(value("90s"), 90'000'000'000);
  EXPECT_EQ(value("1h30m"), 5'400'000'000'000);
  EXPECT_EQ(value("500ms"), 500'000'000);
  EXPECT_EQ(value("1.5s"), 1'500'000'000);
  EXPECT_EQ(value("30.918s"), 30'918'000'000);
  EXPECT_EQ(value("0.3333333333333333333333333h"), 1'200'000'000'000);
  EXPECT_EQ(value(".25m"), 15'000'000'000);
  EXPECT_EQ(value("+7us"), 7'000);
  EXPECT_EQ(value("-3ms"), -3'000'000);
  EXPECT_EQ(value("1\u00b5s2ns"), 1'002);
}

}  // namespace
}  // namespace bridge::cli
