#include "proxy/cli/invocation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "bench/bench.h"
#include "proxy/cli/go_duration.h"
#include "proxy/cli/go_flag.h"
#include "proxy/cli/server_address.h"
#include "proxy/cli/settings.h"

namespace bridge::cli {
namespace {

using Kind = Invocation::Kind;

enum class ValueType : std::uint8_t { boolean, text, duration };

enum class Use : std::uint8_t {
  keep,    // the private gopls gets it as it was written
  absorb,  // means nothing to a session of ours, or we do it ourselves
  remote,
  become,  // not a stdio session: gopls' own
};

struct GoplsFlag {
  std::string_view name;
  ValueType type;
  Use use;
  bool also_after_serve;
};

// gopls v0.23 and v0.24, `gopls help` and `gopls help serve`. v0.24 takes -remote.* before `serve`
// only; v0.23 in both places, which does no harm here.
constexpr std::array<GoplsFlag, 21> kGoplsFlags = {{
    {"mode", ValueType::text, Use::absorb, true},
    {"logfile", ValueType::text, Use::keep, true},
    {"debug", ValueType::text, Use::keep, true},
    {"rpc.trace", ValueType::boolean, Use::keep, true},
    {"listen.timeout", ValueType::duration, Use::keep, true},
    {"listen", ValueType::text, Use::become, true},
    {"mcp.listen", ValueType::text, Use::become, true},
    {"remote.debug", ValueType::text, Use::absorb, true},
    {"remote.logfile", ValueType::text, Use::absorb, true},
    {"remote.listen.timeout", ValueType::duration, Use::absorb, true},
    {"remote", ValueType::text, Use::remote, false},
    {"v", ValueType::boolean, Use::keep, false},
    {"verbose", ValueType::boolean, Use::keep, false},
    {"vv", ValueType::boolean, Use::keep, false},
    {"veryverbose", ValueType::boolean, Use::keep, false},
    {"otel", ValueType::text, Use::become, false},
    {"profile.cpu", ValueType::text, Use::become, false},
    {"profile.mem", ValueType::text, Use::become, false},
    {"profile.alloc", ValueType::text, Use::become, false},
    {"profile.block", ValueType::text, Use::become, false},
    {"profile.trace", ValueType::text, Use::become, false},
}};

// A subcommand of ours that reads its flags here, anywhere behind its name.
struct OwnCommandFlag {
  enum class Value : std::uint8_t { boolean, needed, possible };  // possible: behind "=" only
  std::string_view name;
  Value value;
};
struct OwnCommand {
  std::string_view name;
  Kind kind;
  std::array<OwnCommandFlag, 3> flags;  // those without a name are none
};
using Value = OwnCommandFlag::Value;

constexpr std::array<OwnCommand, 9> kOwnCommands = {{
    {"config", Kind::config, {}},
    {"stamp", Kind::stamp, {}},
    // Of a daemon that a front starts (daemon_command.cpp); --help does not name them.
    {"daemon", Kind::daemon, {{{"on-demand", Value::boolean}, {"ready-fd", Value::needed}}}},
    {"status", Kind::status, {{{"json", Value::boolean}, {"watch", Value::boolean}}}},
    {"logs", Kind::logs, {{{"follow", Value::boolean}, {"server", Value::needed}}}},
    {"restart-server", Kind::restart_server, {}},
    {"drop", Kind::drop, {}},
    {"install",
     Kind::install,
     {{{"dry-run", Value::boolean}, {"vscode", Value::possible}, {"prefix", Value::needed}}}},
    {"uninstall",
     Kind::uninstall,
     {{{"dry-run", Value::boolean}, {"vscode", Value::possible}, {"prefix", Value::needed}}}},
}};

const OwnCommand* find_own_command(std::string_view name) {
  for (auto const& command : kOwnCommands)
    if (command.name == name) return &command;
  return nullptr;
}

bool would_parse(ValueType type, std::string_view value) {
  switch (type) {
    case ValueType::boolean:
      return parse_go_bool(value).has_value();
    case ValueType::duration:
      return parse_go_duration(value).has_value();
    case ValueType::text:
      break;
  }
  return true;
}

class Reader {
 public:
  Reader(std::string_view program_name, const std::vector<std::string>& args)
      : args_(args), under_own_name_(program_name != "gopls") {}

  Invocation read() {
    while (at_ < args_.size() && !decided_) {
      auto const argument = read_go_argument(args_[at_]);
      switch (argument.kind) {
        case GoArgument::Kind::word:
          take_word();
          break;
        case GoArgument::Kind::flag:
          if (!(under_own_name_ && take_own_flag(argument))) take_gopls_flag(argument);
          break;
        case GoArgument::Kind::end_of_flags:
        case GoArgument::Kind::malformed:
          leave_the_rest_to_gopls();
          break;
      }
    }
    return std::move(result_);
  }

 private:
  bool in_own_command() const { return command_ != nullptr; }

  void take_word() {
    std::string const& word = args_[at_];
    if (in_own_command()) {
      result_.command_args.push_back(word);
      ++at_;
    } else if (word == "serve" && !serve_seen_) {
      serve_seen_ = true;
      keep(1);
    } else if (auto const* const command = find_own_command(word);
               under_own_name_ && result_.as_gopls.empty() && command != nullptr) {
      command_ = command;
      result_.kind = command->kind;
      ++at_;
    } else if (under_own_name_ && result_.as_gopls.empty() &&
               (word == "bench" || bench::is_bench_process(word))) {
      take_bench();
    } else {
      leave_the_rest_to_gopls();
    }
  }

  // Has a grammar of its own: bench/options.h. (Of a process, the first is its name.)
  void take_bench() {
    result_.kind = args_[at_] == "bench" ? Kind::bench : Kind::bench_process;
    if (result_.kind == Kind::bench) ++at_;
    result_.command_args.assign(position(), args_.end());
    decide(result_.kind);
  }

  // False: not one of ours.
  bool take_own_flag(const GoArgument& argument) {
    if (!argument.value && !serve_seen_) {
      if (argument.name == "h" || argument.name == "help") return decide(Kind::help);
      if (argument.name == "version") return decide(Kind::version);
    }
    // vscode-languageclient's TransportKind.stdio adds it.
    if (argument.name == "stdio" && !argument.value && !in_own_command()) {
      ++at_;
      return true;
    }
    if (in_own_command() && take_command_flag(argument)) return true;
    if (argument.name == kPrivateFlag) return take_private(argument);
    auto const* const key = find_flag(argument.name);
    if (argument.name != kConfigFlag && key == nullptr) return false;
    std::string const spelling = "--" + std::string(argument.name);
    // As Go's: a flag that is true or false never takes the next word.
    if (key != nullptr && key->type == SettingType::boolean && !argument.value) {
      result_.own_flags.push_back(
          {.name = std::string(argument.name), .value = "true", .spelling = spelling});
      ++at_;
      return true;
    }
    std::size_t const used = argument.value ? 1 : 2;
    if (at_ + used > args_.size()) return refuse("flag needs an argument: " + spelling);
    result_.own_flags.push_back(
        {.name = std::string(argument.name),
         .value = argument.value ? std::string(*argument.value) : args_[at_ + 1],
         .spelling = spelling});
    at_ += used;
    return true;
  }

  bool take_private(const GoArgument& argument) {
    auto const value = parse_go_bool(argument.value.value_or("true"));
    if (!value)
      return refuse("--private=" + std::string(*argument.value) + " is not true or false");
    result_.own_flags.push_back({.name = std::string(key_of(SettingId::share).flag),
                                 .value = *value ? "false" : "true",
                                 .spelling = "--private"});
    ++at_;
    return true;
  }

  // False: not one of this subcommand.
  bool take_command_flag(const GoArgument& argument) {
    auto const known =
        std::find_if(command_->flags.begin(), command_->flags.end(),
                     [&](const OwnCommandFlag& flag) { return flag.name == argument.name; });
    if (known == command_->flags.end()) return false;
    OwnFlag flag{.name = std::string(argument.name),
                 .value = std::string(argument.value.value_or("true")),
                 .spelling = "--" + std::string(argument.name)};
    std::size_t used = 1;
    if (known->value == Value::needed && !argument.value) {
      if (at_ + 1 == args_.size()) return refuse("flag needs an argument: " + flag.spelling);
      flag.value = args_[at_ + 1];
      used = 2;
    } else if (known->value == Value::boolean) {
      auto const value = parse_go_bool(flag.value);
      if (!value) return refuse(flag.spelling + "=" + flag.value + " is not true or false");
      flag.value = *value ? "true" : "false";
    }
    result_.command_flags.push_back(std::move(flag));
    at_ += used;
    return true;
  }

  void take_gopls_flag(const GoArgument& argument) {
    if (in_own_command()) {
      refuse("unknown flag: " + args_[at_]);
      return;
    }
    auto const flag =
        std::find_if(kGoplsFlags.begin(), kGoplsFlags.end(),
                     [&](const GoplsFlag& known) { return known.name == argument.name; });
    if (flag == kGoplsFlags.end() || (serve_seen_ && !flag->also_after_serve))
      return leave_the_rest_to_gopls();
    bool const value_follows = !argument.value && flag->type != ValueType::boolean;
    if (value_follows && at_ + 1 == args_.size()) return leave_the_rest_to_gopls();
    std::optional<std::string_view> const value =
        value_follows ? std::optional<std::string_view>(args_[at_ + 1]) : argument.value;
    if (value && !would_parse(flag->type, *value)) return leave_the_rest_to_gopls();
    std::size_t const used = value_follows ? 2 : 1;
    switch (flag->use) {
      case Use::keep:
        keep(used);
        break;
      case Use::become:
        result_.kind = Kind::become_gopls;
        keep(used);
        break;
      case Use::remote:
        take_remote(value.value_or(std::string_view()));
        keep_as_gopls(used);
        break;
      case Use::absorb:
        keep_as_gopls(used);
        break;
    }
  }

  // `auto` asks for a shared gopls: the bridge is what gopls' own forwarder would be.
  void take_remote(std::string_view remote) {
    if (remote.empty() || remote == "auto" || remote.starts_with("auto;")) return;
    std::string address = from_gopls_remote(remote);
    if (address.empty()) {
      result_.kind = Kind::become_gopls;  // a host name, which gopls can look up
      return;
    }
    result_.own_flags.push_back({.name = std::string(key_of(SettingId::connect).flag),
                                 .value = std::move(address),
                                 .spelling = "-remote"});
  }

  void keep(std::size_t count) {
    result_.server_args.insert(result_.server_args.end(), position(), position() + offset(count));
    keep_as_gopls(count);
  }
  void keep_as_gopls(std::size_t count) {
    result_.as_gopls.insert(result_.as_gopls.end(), position(), position() + offset(count));
    at_ += count;
  }
  void leave_the_rest_to_gopls() {
    if (in_own_command()) {
      refuse("unexpected argument: " + args_[at_]);
      return;
    }
    keep_as_gopls(args_.size() - at_);
    decide(Kind::become_gopls);
  }
  bool decide(Kind kind) {
    result_.kind = kind;
    decided_ = true;
    return true;
  }
  bool refuse(std::string complaint) {
    result_.complaint = std::move(complaint);
    return decide(Kind::usage_error);
  }

  std::vector<std::string>::const_iterator position() const { return args_.begin() + offset(at_); }
  static std::ptrdiff_t offset(std::size_t count) { return static_cast<std::ptrdiff_t>(count); }

  const std::vector<std::string>& args_;
  bool const under_own_name_;
  std::size_t at_ = 0;
  const OwnCommand* command_ = nullptr;
  bool serve_seen_ = false;
  bool decided_ = false;
  Invocation result_;
};

}  // namespace

const std::string* Invocation::command_flag(std::string_view name) const {
  for (auto flag = command_flags.rbegin(); flag != command_flags.rend(); ++flag)
    if (flag->name == name) return flag->value == "false" ? nullptr : &flag->value;
  return nullptr;
}

Invocation read_invocation(std::string_view program_name, const std::vector<std::string>& args) {
  return Reader(program_name, args).read();
}

}  // namespace bridge::cli
