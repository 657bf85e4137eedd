// `gopls-bridge bench --park`: what it takes until Go works again in a window that is reloaded or
// started a second time, beside a plain gopls, in one run; and what a session costs that waits.
// How it measures, and what not to conclude: README.md, "Parked sessions". Prints nothing but by
// `progress`.
#pragma once

#include <string>
#include <vector>

#include "bench/gopls/gopls_bench.h"

namespace bridge::bench {

inline constexpr const char* kParkBenchTime = "about 3 minutes";

inline constexpr char kSectionPark[] = "park: first right hover";
inline constexpr char kSectionParkFiles[] = "park: by files of the workspace";
inline constexpr char kSectionParkMemory[] = "park: memory";

inline const std::vector<int> kParkPackages = {8, 64, 512};  // of three files each

// As run_gopls_bench(). `packages`: of the workspaces whose files are counted. Besides the
// generated modules, `options.module` is measured, or, without it, the Go distribution's src/cmd
// where there is one.
std::string run_park_bench(const GoplsOptions& options, const std::vector<int>& packages,
                           Report& report);

}  // namespace bridge::bench
