// The executable as a file: what it prints about itself, and, where it is the static one that is
// shipped, that it needs nothing at all from the machine it runs on.
#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <sstream>

#include "proxy/cli/version.h"
#include "proxy/exit_codes.h"
#include "tests/cli/bridge_home.h"

namespace bridge::tests {
namespace {

TEST(Executable, PrintsItsVersion) {
  auto const run = BridgeHome().bridge({"--version"});
  EXPECT_EQ(run.output, "gopls-bridge " BRIDGE_VERSION "\n");
  EXPECT_EQ(run.status, (rigs::ExitStatus{0, 0}));
  EXPECT_EQ(run.errors, "");
}

TEST(Executable, HelpNamesEverySettingAndGoplsHelp) {
  auto const run = BridgeHome().bridge({"--help"});
  EXPECT_EQ(run.status.code, 0);
  for (auto const* text :
       {"GOPLS_BRIDGE_GOPLS", "--connect", "log.level", "stamp", "`gopls-bridge help`", "--config"})
    EXPECT_NE(run.output.find(text), std::string::npos) << text;
  for (std::istringstream lines(run.output); lines;) {
    std::string line;
    std::getline(lines, line);
    EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(Executable, ConfigShowsEachValueAndItsOrigin) {
  BridgeHome home;
  auto const file = home.write("home/.config/gopls-bridge/config.toml",
                               "drain_timeout_ms = 5\nlog.level = 'info'\n");
  auto const gopls = home.copy(BRIDGE_TEST_PROGRAMS "/fake_gopls", "bin/gopls");
  home.set("GOPLS_BRIDGE_LOG_LEVEL", "warn");
  auto const run = home.bridge({"--frame-limit=70000", "config"});
  EXPECT_EQ(run.status.code, 0) << run.errors;
  auto const has = [&](const std::string& name, const std::string& value,
                       const std::string& source) {
    std::istringstream lines(run.output);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(name + ' ')) continue;
      EXPECT_NE(line.find("= " + value + ' '), std::string::npos) << line;
      EXPECT_TRUE(line.ends_with("# " + source)) << line;
      return;
    }
    ADD_FAILURE() << name << " is missing in\n" << run.output;
  };
  has("file", file, "read");
  has("drain_timeout_ms", "5", file + ":1");
  has("log.level", "warn", "GOPLS_BRIDGE_LOG_LEVEL");
  has("frame_limit_bytes", "70000", "--frame-limit");
  has("shutdown_answer_after_ms", "200", "default");
}

TEST(Executable, UsageErrorsNameTheArgument) {
  BridgeHome const home;
  for (auto const& [args, complaint] : {std::pair<std::vector<std::string>, std::string>{
                                            {"--gopls"}, "flag needs an argument: --gopls"},
                                        {{"config", "--bogus"}, "unknown flag: --bogus"},
                                        {{"stamp", "--"}, "unexpected argument: --"}}) {
    auto const run = home.bridge(args);
    EXPECT_EQ(run.status.code, kExitUsage);
    EXPECT_EQ(run.errors, "gopls-bridge: " + complaint + " (see gopls-bridge --help)\n");
    EXPECT_EQ(run.output, "");
  }
  EXPECT_EQ(home.bridge({"config", "extra"}).status.code, kExitUsage);
  EXPECT_EQ(home.bridge({"--log-level=loud"}).status.code, kExitUsage);
}

TEST(Executable, WithoutGoplsOneLineSaysWhatWasSearchedAndWhatInstallsIt) {
  BridgeHome home;
  home.write_program("bin/go", "#!/bin/sh\nexit 9\n");
  auto const run = home.bridge({"version"});
  if (run.status.code != kExitNoServer) GTEST_SKIP() << "this machine has a gopls of its own";
  EXPECT_EQ(std::count(run.errors.begin(), run.errors.end(), '\n'), 1);
  for (auto const& text :
       {home / "bin ", home / "home/go/bin", std::string("/usr/local/go/bin"),
        "install it with: " + (home / "bin/go") + " install golang.org/x/tools/gopls@latest\n"})
    EXPECT_NE(run.errors.find(text), std::string::npos) << text << "\nin " << run.errors;
  auto const session = home.bridge({});
  EXPECT_EQ(session.status.code, kExitNoServer);
  EXPECT_EQ(session.errors, run.errors);
  EXPECT_EQ(session.output, "");
}

// ---- The static executable ---------------------------------------------------------------------

class StaticExecutable : public testing::Test {
 protected:
  void SetUp() override {
    if (!BRIDGE_IS_STATIC) GTEST_SKIP() << "this build is not static";
  }
};

TEST_F(StaticExecutable, RunsInAnEmptyChroot) {
  BridgeHome home;
  std::filesystem::create_directories(home / "root");
  home.copy(BRIDGE_BINARY, "root/gopls-bridge");
  auto const run_in_root = [&](std::vector<std::string> args) {
    std::vector<std::string> argv = {"/usr/sbin/chroot", home / "root", "/gopls-bridge"};
    if (::geteuid() != 0)
      argv.insert(argv.begin(), {"/usr/bin/unshare", "--user", "--map-root-user"});
    argv.insert(argv.end(), args.begin(), args.end());
    return home.run(argv);
  };
  auto const version = run_in_root({"--version"});
  // Neither root nor user namespaces: chroot and unshare end with 125 and 1, and say why.
  if (::geteuid() != 0 && version.status.code != 0) GTEST_SKIP() << version.errors;
  EXPECT_EQ(version.output, "gopls-bridge " BRIDGE_VERSION "\n") << version.errors;
  auto const config = run_in_root({"config"});
  EXPECT_EQ(config.status, (rigs::ExitStatus{0, 0})) << config.errors;
  EXPECT_NE(config.output.find("(none)"), std::string::npos);
  auto const session = run_in_root({"-rpc.trace"});
  EXPECT_EQ(session.status.code, kExitNoServer);
  EXPECT_NE(session.errors.find("no go found either"), std::string::npos) << session.errors;
}

// A stamp that moved the exception tables would end the program at the first throw (abort, 134).
TEST_F(StaticExecutable, ThrowsAndCatchesAlsoWhenStamped) {
  BridgeHome home;
  auto const file = home.copy(BRIDGE_BINARY, "gopls-bridge");
  home.copy(BRIDGE_TEST_PROGRAMS "/fake_gopls", "bin/gopls");
  // Room for the executable to start, and not for a megabyte of configuration.
  auto const limit_kb = std::filesystem::file_size(file) / 1024 + 1200;
  home.write("home/.config/gopls-bridge/config.toml", std::string(1'000'000, '#'));
  auto const run_short_of_memory = [&] {
    return home.run(
        {"/bin/sh", "-c", "ulimit -v " + std::to_string(limit_kb) + "; exec \"$0\" config", file});
  };
  auto const before = run_short_of_memory();
  EXPECT_EQ(before.status, (rigs::ExitStatus{kExitInternal, 0})) << before.errors;
  EXPECT_EQ(before.errors, "gopls-bridge: internal error: std::bad_alloc\n");
  auto const stamped = home.run({file, "stamp"});
  ASSERT_EQ(stamped.status.code, 0) << stamped.errors;
  ASSERT_NE(stamped.output.find(" now says "), std::string::npos) << stamped.output;
  auto const after = run_short_of_memory();
  EXPECT_EQ(after.status, before.status);
  EXPECT_EQ(after.errors, before.errors);
}

TEST_F(StaticExecutable, IsPositionIndependentHardenedAndNeedsNoLibrary) {
  auto const file = read_large_file(BRIDGE_BINARY);
  Elf64_Ehdr header;
  ASSERT_GT(file.size(), sizeof header);
  std::memcpy(&header, file.data(), sizeof header);
  EXPECT_EQ(header.e_type, ET_DYN);
  bool relro = false, stack_not_executable = false, bind_now = false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, file.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    EXPECT_NE(segment.p_type, static_cast<unsigned>(PT_INTERP));
    if (segment.p_type == PT_GNU_RELRO) relro = true;
    if (segment.p_type == PT_GNU_STACK) stack_not_executable = (segment.p_flags & PF_X) == 0;
    if (segment.p_type == PT_LOAD) {
      EXPECT_NE(segment.p_flags & (PF_W | PF_X), static_cast<unsigned>(PF_W | PF_X));
    }
    if (segment.p_type != PT_DYNAMIC) continue;
    for (std::size_t at = 0; at + sizeof(Elf64_Dyn) <= segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry;
      std::memcpy(&entry, file.data() + segment.p_offset + at, sizeof entry);
      EXPECT_NE(entry.d_tag, DT_NEEDED);
      if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_NOW) != 0) bind_now = true;
    }
  }
  EXPECT_TRUE(relro);
  EXPECT_TRUE(stack_not_executable);
  EXPECT_TRUE(bind_now);
}

// The linker's map lists each library member that was drawn in. (The C library draws dlopen and
// gconv in for itself, and pthread_create, for the walk over a workspace, what frees a thread's
// state of the resolver at its end; --fatal-warnings at link time refuses a call of ours.)
TEST_F(StaticExecutable, HoldsNoNameServiceNoIconvAndNoLocales) {
  auto const map = read_large_file(std::string(BRIDGE_BINARY) + ".map");
  ASSERT_NE(map.find("libc.a(libc-start.o)"), std::string::npos);
  for (auto const* member :
       {"(getaddrinfo.o)", "(gethstbynm", "(getpwnam", "(getpwuid", "(getgrnam", "(getgrgid",
        "(nss_", "(nsswitch", "(res_query", "(res_send", "(res_mkquery", "(iconv_open.o)",
        "(locale_init.o)", "(ios_init.o)", "(regex"})
    EXPECT_EQ(map.find(member), std::string::npos)
        << member << ", see "
        << map.substr(map.find(member) == std::string::npos ? 0 : map.find(member), 200);
}

}  // namespace
}  // namespace bridge::tests
