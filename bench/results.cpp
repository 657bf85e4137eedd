// bench_results COMMIT SAME.json SPLIT.json GOPLS.json WORKLOAD.json SHARING.json PARK.json:
// writes bench/RESULTS.md to stdout, from the reports of one `scripts/lab bench`. A file that is
// not there is a part not measured. bench_results COMMIT SHARING.json|PARK.json: the section of
// that alone.
#include <cstdio>
#include <string>

#include "bench/goals.h"
#include "bench/gopls/park_bench.h"
#include "bench/process.h"
#include "bench/tables.h"

namespace bridge::bench {
namespace {

Report read_report(const char* path) {
  std::string const text = read_text(path);
  std::string complaint;
  if (text.empty()) return {};
  Report report = from_json(text, complaint);
  if (!complaint.empty()) throw Broken(std::string(path) + " " + complaint);
  return report;
}

void print_part(const char* title, const Report& report, bool details) {
  std::printf("\n## %s\n\n", title);
  if (report.series.empty())
    std::printf("Not measured.\n");
  else
    std::printf("```\n%s```\n", tables_of(report, details).c_str());
}

// With a table of goals of its own: it takes as long as the rest, and may be measured alone.
void print_sharing(const char* commit, const Report& sharing) {
  std::printf(
      "\n## Windows that share a gopls\n\n"
      "By `gopls-bridge bench --sharing` at commit %s (`scripts/lab sharing`).\n\n%s\n",
      commit, markdown_of(sharing_goals_of(sharing)).c_str());
  if (sharing.series.empty())
    std::printf("Not measured.\n");
  else
    std::printf("```\n%s```\n", tables_of(sharing, true).c_str());
}

void print_park(const char* commit, const Report& park) {
  std::printf(
      "\n## Sessions that are taken up again\n\n"
      "By `gopls-bridge bench --park` at commit %s (`scripts/lab park`).\n\n%s\n",
      commit, markdown_of(park_goals_of(park)).c_str());
  if (park.series.empty())
    std::printf("Not measured.\n");
  else
    std::printf("```\n%s```\n", tables_of(park, true).c_str());
}

// A section of its own for one report: which, is told by what it measured.
void print_one(const char* commit, const Report& report) {
  if (report.find(kSectionPark, "direct", "small", "hover") != nullptr)
    print_park(commit, report);
  else
    print_sharing(commit, report);
}

int run(char** argv) {
  Reports const reports{read_report(argv[2]), read_report(argv[3]), read_report(argv[4])};
  Report const workload = read_report(argv[5]);
  std::printf(
      "# Results\n\n"
      "Written by `scripts/lab bench` at commit %s; each part says how, where and when it was "
      "measured. What\n"
      "the figures mean and what not to conclude from them: [METHOD.md](METHOD.md).\n\n"
      "## Goals\n\n"
      "Medians of ratios that were taken inside a round, least and greatest of the rounds. All\n"
      "processes on one CPU, but where another placement is named.\n\n%s",
      argv[1], markdown_of(goals_of(reports)).c_str());
  print_part("All on one CPU", reports.same, true);
  print_part("The editor on a CPU of its own", reports.split, false);
  print_part("The real gopls", reports.gopls, true);
  print_part("A recorded session of VS Code, replayed", workload, true);
  print_sharing(argv[1], read_report(argv[6]));
  print_park(argv[1], read_report(argv[7]));
  return 0;
}

}  // namespace
}  // namespace bridge::bench

int main(int argc, char** argv) {
  if (argc != 8 && argc != 3) {
    std::fprintf(stderr,
                 "bench_results COMMIT SAME.json SPLIT.json GOPLS.json WORKLOAD.json SHARING.json "
                 "PARK.json\n"
                 "bench_results COMMIT SHARING.json|PARK.json\n");
    return 64;
  }
  try {
    if (argc == 3) {
      bridge::bench::print_one(argv[1], bridge::bench::read_report(argv[2]));
      return 0;
    }
    return bridge::bench::run(argv);
  } catch (const bridge::bench::Broken& broken) {
    std::fprintf(stderr, "bench_results: %s\n", broken.what());
    return 1;
  }
}
