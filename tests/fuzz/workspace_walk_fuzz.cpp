// The bytes of a go.mod, and those of a parked snapshot: none may do harm, and what is accepted is
// written as it was read.
#include "framing/json_text.h"
#include "proxy/session/file_uri.h"
#include "proxy/session/park/go_mod_file.h"
#include "proxy/session/park/workspace_snapshot.h"
#include "tests/fuzz/choices.h"

namespace bridge::session {
namespace {

using fuzz::expect;

void read_as_go_mod(std::string_view text) {
  GoModFile const file = read_go_mod(text);
  for (std::string const& module : file.modules) {
    std::string const between = "/" + module + "/";
    expect(module.front() != '/' && between.find("/../") == std::string::npos, "it leads out");
    expect(module.find('\0') == std::string::npos, "a zero in a module");
    for (char const c : module) expect(c < 'A' || c > 'Z', "a capital letter in the cache");
  }
  for (std::string const& path : file.local)
    expect(path.find('\0') == std::string::npos, "a zero in a path");
  // What is appended on lines of its own is read, whatever is open: it is no part of a quote.
  expect(read_go_mod(std::string(text) + "\n)\ngo 9.9\n").language == file.language + "go 9.9\n",
         "a line is not read");
}

void read_as_snapshot(std::string_view bytes) {
  std::string error;
  auto const snapshot = WorkspaceSnapshot::parse(bytes, error);
  expect(snapshot.has_value() == error.empty(), "an error without a reason");
  if (!snapshot) return;
  expect(snapshot->serialise() == bytes, "it is written otherwise");
  WorkspaceSnapshot const none;
  SnapshotChanges const gone = none.changes_since(*snapshot);
  SnapshotChanges const come = snapshot->changes_since(none);
  expect(gone.deleted == come.created && gone.created.empty() && gone.changed.empty(),
         "what came is not what goes");
  expect(snapshot->changes_since(*snapshot).created.empty(), "it is not like itself");
  std::size_t const events = come.created.size() + (come.reload.empty() ? 0 : 1);
  expect(watched_file_events(come, {}, 1).size() == events, "an event is missing");
}

}  // namespace
}  // namespace bridge::session

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bridge::fuzz::Choices choices(data, size);
  if (choices.choose(2) == 0)
    bridge::session::read_as_go_mod(choices.rest());
  else
    bridge::session::read_as_snapshot(choices.rest());
  return 0;
}
