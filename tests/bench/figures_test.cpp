#include "bench/figures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "bench/histogram.h"
#include "bench/messages.h"

namespace bridge::bench {
namespace {

TEST(Figures, APercentileLiesBetweenTwoSamplesInProportion) {
  EXPECT_DOUBLE_EQ(percentile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(percentile({10, 20}, 0.25), 12.5);
  EXPECT_DOUBLE_EQ(percentile({7}, 0.99), 7);
  EXPECT_DOUBLE_EQ(median({5, 1, 9}), 5);
}

TEST(Figures, NothingHasNoMedian) { EXPECT_TRUE(std::isnan(median({}))); }

TEST(Figures, ThreeDigitsAreWritten) {
  EXPECT_EQ(with_three_digits(0.05123), "0.0512");
  EXPECT_EQ(with_three_digits(0.9996), "1.00");
  EXPECT_EQ(with_three_digits(2.7149), "2.71");
  EXPECT_EQ(with_three_digits(9.996), "10.0");
  EXPECT_EQ(with_three_digits(94.06), "94.1");
  EXPECT_EQ(with_three_digits(18604.6), "18605");
  EXPECT_EQ(with_three_digits(-2.7149), "-2.71");
  EXPECT_EQ(with_three_digits(0), "0");
  EXPECT_EQ(with_three_digits(std::nan("")), "-");
}

TEST(Figures, SizesAreNamedByTheLargestUnitThatFits) {
  EXPECT_EQ(size_name(128), "128 B");
  EXPECT_EQ(size_name(1024), "1 KiB");
  EXPECT_EQ(size_name(1500), "1500 B");
  EXPECT_EQ(size_name(65536), "64 KiB");
  EXPECT_EQ(size_name(4 << 20), "4 MiB");
}

// Against the sorted samples themselves.
TEST(Histogram, IsExactToOnePartInAThousand) {
  std::mt19937_64 random(20261123);
  std::lognormal_distribution<double> times(9, 3);  // 10 ns to a minute
  Histogram histogram;
  std::vector<std::uint64_t> samples;
  for (int i = 0; i < 20'000; ++i) {
    samples.push_back(static_cast<std::uint64_t>(times(random)));
    histogram.record(samples.back());
  }
  std::sort(samples.begin(), samples.end());
  for (double const share : {0.0001, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    auto const at = static_cast<std::size_t>(std::ceil(share * 20'000)) - 1;
    auto const exact = static_cast<double>(samples[at]);
    EXPECT_NEAR(histogram.percentile(share), exact, 0.5 + exact / 1000) << share;
  }
}

TEST(Histogram, SmallValuesAndBucketEdgesAreThemselves) {
  for (std::uint64_t const value : {0ULL, 1ULL, 1023ULL, 1024ULL, 1025ULL, 2047ULL, 2048ULL}) {
    Histogram histogram;
    histogram.record(value);
    EXPECT_NEAR(histogram.percentile(0.5), static_cast<double>(value), value < 1024 ? 0 : 1.5)
        << value;
  }
}

TEST(Histogram, WhatIsTooLongCountsAsTheLongest) {
  Histogram histogram;
  histogram.record(Histogram::kMax + 1000);
  EXPECT_NEAR(histogram.percentile(0.5), static_cast<double>(Histogram::kMax),
              static_cast<double>(Histogram::kMax) / 1000);
}

TEST(Histogram, ClearedItHasNothing) {
  Histogram histogram;
  histogram.record(5);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0u);
  histogram.record(7);
  EXPECT_EQ(histogram.percentile(0.5), 7);
}

TEST(Messages, HaveTheSizeThatWasAskedForAndTheirIdInPlace) {
  for (std::size_t const size : {128U, 1023U, 1024U, 16384U, 262144U}) {
    for (bool const is_request : {true, false}) {
      Message message = is_request ? make_request(size) : make_answer(size);
      EXPECT_EQ(message.frame.size() - message.header_size, size);
      Header const header = read_header(message.frame);
      EXPECT_EQ(header.size, message.header_size);
      EXPECT_EQ(header.body_size, size);
      EXPECT_EQ(message.id(), "10000000");
      message.set_id(12345678);
      EXPECT_NE(message.frame.find(R"("id":12345678)"), std::string::npos);
    }
  }
}

TEST(Messages, AnAnswerTakesAnyId) {
  for (auto const* id : {R"("lspmux:1:0:12345678")", "1"}) {
    Message const answer = make_answer(4096, id);
    EXPECT_EQ(answer.frame.size() - answer.header_size, 4096u);
    EXPECT_TRUE(answer.frame.ends_with(std::string(R"(,"id":)") + id + "}"));
    EXPECT_EQ(answer.frame.substr(answer.id_offset, std::string_view(id).size()), id);
  }
}

}  // namespace
}  // namespace bridge::bench
