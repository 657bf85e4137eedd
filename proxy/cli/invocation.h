// What a command line asks for: a session, a command of gopls' own, or one of ours. Pure: looks at
// the arguments and the name the program was started under, at nothing else.
//
// Rule: whatever gopls would not run as a stdio server is gopls' to answer, in its own words and
// with its own exit code; and under the name `gopls` there is nothing of ours at all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bridge::cli {

// A flag of ours that was given, or gopls' -remote=ADDR, which means --connect.
struct OwnFlag {
  std::string name;  // as in kSettingKeys, or kConfigFlag
  std::string value;
  std::string spelling;  // for messages: "--gopls", "-remote"
};

struct Invocation {
  enum class Kind {
    session,
    become_gopls,
    config,  // our subcommands
    stamp,
    daemon,
    status,
    logs,
    restart_server,
    drop,
    install,
    uninstall,
    bench,
    bench_process,  // what `bench` starts
    help,           // --help, --version under our own name
    version,
    usage_error,
  };
  Kind kind = Kind::session;
  std::vector<OwnFlag> own_flags;
  // What the real gopls gets if we become it: all but our own flags (and --stdio).
  std::vector<std::string> as_gopls;
  // Of a session: what a private gopls on our stdio gets; -mode, -remote and -remote.* are gone
  // too.
  std::vector<std::string> server_args;
  // The words that follow the name of a subcommand of ours, and the flags that only it has.
  std::vector<std::string> command_args;
  std::vector<OwnFlag> command_flags;
  std::string complaint;  // of a usage error

  // A flag of the subcommand: --NAME (its value is "true"), --NAME=value, --NAME value; the last
  // counts. Null where it was not given, or as --NAME=false.
  const std::string* command_flag(std::string_view name) const;
};

// `program_name` is the last path component of argv[0]; `args` is argv without it.
Invocation read_invocation(std::string_view program_name, const std::vector<std::string>& args);

}  // namespace bridge::cli
