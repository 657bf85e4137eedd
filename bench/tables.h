// A report as text: what a developer wants to know first comes first, everything fits 100 columns.
#pragma once

#include <string>

#include "bench/report.h"

namespace bridge::bench {

// `details`: also the spread of each ratio, the tails, and what the relays spend.
std::string tables_of(const Report& report, bool details);

// Rows and columns of a section, in the order in which they were recorded.
std::vector<std::string> rows_of(const Report& report, std::string_view section);
std::vector<std::string> columns_of(const Report& report, std::string_view section);

}  // namespace bridge::bench
