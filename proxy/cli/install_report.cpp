#include "proxy/cli/install_report.h"

#include <string>

#include "proxy/cli/commands.h"
#include "proxy/cli/print.h"
#include "proxy/exit_codes.h"

namespace bridge::cli {

void InstallReport::changed(Deed deed, std::string_view what) {
  ++changes_;
  print(std::string(dry_run_ ? deed.intended : deed.done) + " " + std::string(what) + "\n");
}

void InstallReport::note(std::string_view text) const { print(std::string(text) + "\n"); }

void InstallReport::problem(std::string_view text) {
  ++problems_;
  complain(text);
}

int InstallReport::finish(std::string_view where_nothing_changed) const {
  int result = kExitOk;
  if (changes_ == 0 && problems_ == 0) {
    result = print(std::string(where_nothing_changed) + "\n");
  } else if (dry_run_) {
    result = print("nothing was changed: this was a dry run\n");
  }
  return problems_ > 0 ? kExitInternal : result;
}

}  // namespace bridge::cli
