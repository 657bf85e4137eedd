// Medians and percentiles of a few values, and how figures are written.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bridge::bench {

// The value below which `share` of all samples lie, between two samples in proportion; NaN of none.
double percentile(std::vector<double> samples, double share);
double median(std::vector<double> samples);

// Three digits that count: "0.0512", "2.71", "94.1", "18605"; "-" for NaN.
std::string with_three_digits(double value);
std::string with_decimals(double value, int decimals);

// "128 B", "16 KiB", "4 MiB"
std::string size_name(std::size_t bytes);

}  // namespace bridge::bench
