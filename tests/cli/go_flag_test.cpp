#include "proxy/cli/go_flag.h"

#include <gtest/gtest.h>

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
    EXPECT_TRUE(is_go_bool(text)) << text;
  for (auto const* text : {"", "yes", "tRUE", "2", "on"}) EXPECT_FALSE(is_go_bool(text)) << text;
}

TEST(GoFlag, DurationsAreThoseOfTimeParseDuration) {
  for (auto const* text : {"0", "1m0s", "2s", "1.5h", ".5s", "5.s", "-3ms", "+1us", "1\u00b5s",
                           "1\u03bcs", "1h15m30.918s", "12ns"})
    EXPECT_TRUE(is_go_duration(text)) << text;
  for (auto const* text : {"", "3", "s", ".s", "1x", "1m0", "-", "1..5s", "1 s", "--1s", "1mss"})
    EXPECT_FALSE(is_go_duration(text)) << text;
}

}  // namespace
}  // namespace bridge::cli
