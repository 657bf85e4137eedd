#include "proxy/cli/configuration.h"

#include <gtest/gtest.h>

#include "proxy/cli/server_address.h"
#include "proxy/exit_codes.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::cli {
namespace {

class ConfigurationTest : public testing::Test {
 protected:
  ConfigurationTest() { variables_.push_back("HOME=" + directory_.path()); }

  ConfigurationResult read(const std::vector<OwnFlag>& flags = {}) const {
    std::vector<const char*> entries;
    for (auto const& variable : variables_) entries.push_back(variable.c_str());
    entries.push_back(nullptr);
    return read_configuration(server::Environment(entries.data()), flags);
  }
  std::string write_default_file(std::string_view text) const {
    return directory_.write(".config/gopls-bridge/config.toml", text);
  }
  void expect_refused_file(std::string_view text, std::string_view complaint) const {
    auto const file = write_default_file(text);
    auto const result = read();
    EXPECT_EQ(result.complaint, file + std::string(complaint)) << text;
    EXPECT_EQ(result.exit_code, kExitConfig);
  }
  void expect_refused_variable(const std::string& variable, std::string_view complaint) {
    variables_.push_back(variable);
    auto const result = read();
    EXPECT_EQ(result.complaint, complaint);
    EXPECT_EQ(result.exit_code, kExitConfig);
    variables_.pop_back();
  }

  rigs::TempDir directory_;
  std::vector<std::string> variables_;
};

OwnFlag flag(const std::string& name, std::string value) {
  return {.name = name, .value = std::move(value), .spelling = "--" + name};
}

TEST_F(ConfigurationTest, WithoutAnythingTheDefaultsAreInForce) {
  auto const result = read();
  EXPECT_EQ(result.complaint, "");
  for (auto const& key : kSettingKeys) {
    EXPECT_EQ(result.configuration[key.id].text, key.default_value) << key.key;
    EXPECT_EQ(result.configuration[key.id].source, "default") << key.key;
  }
  EXPECT_EQ(result.configuration.integer(SettingId::frame_limit_bytes), 64 * 1024 * 1024);
  EXPECT_EQ(result.configuration.file, directory_ / ".config/gopls-bridge/config.toml");
  EXPECT_FALSE(result.configuration.file_exists);
}

TEST_F(ConfigurationTest, EachDefaultSatisfiesItsOwnRule) {
  for (auto const& key : kSettingKeys) {
    if (key.default_value.empty()) continue;
    EXPECT_FALSE(complaint_about_value(key, key.default_value)) << key.key;
  }
}

TEST_F(ConfigurationTest, EveryKeyIsReadFromTheFileWithItsLine) {
  auto const file = write_default_file(
      "gopls = '/g'\n"
      "go = '~/sdk/bin/go'\n"
      "connect = 'unix;/s'\n"
      "frame_limit_bytes = 1_000_000\n"
      "drain_timeout_ms = 0\n"
      "shutdown_answer_after_ms = 60000\n"
      "zero_copy = 'off'\n"
      "replay = false\n"
      "replay_wait = '1m30s'\n"
      "hibernate_after = 'off'\n"
      "hang_timeout = '500ms'\n"
      "document_limit_bytes = 1024\n"
      "share = false\n"
      "start_daemon = false\n"
      "lease_deadline = '2s'\n"
      "isolation = 'workspace'\n"
      "park = false\n"
      "instance = 'a'\n"
      "idle_timeout = 'never'\n"
      "daemon_idle_timeout = '1h'\n"
      "park_timeout = 'never'\n"
      "parked_max = 0\n"
      "memory_budget_mib = 2048\n"
      "cpu_weight = 0\n"
      "[log]  # a table\n"
      "level = \"debug\"\n"
      "file = '/l'\n");
  auto const result = read();
  ASSERT_EQ(result.complaint, "");
  EXPECT_TRUE(result.configuration.file_exists);
  auto const expect = [&](SettingId id, std::string_view text, int line) {
    EXPECT_EQ(result.configuration[id].text, text);
    EXPECT_EQ(result.configuration[id].source, file + ":" + std::to_string(line));
  };
  expect(SettingId::gopls, "/g", 1);
  expect(SettingId::go, directory_ / "sdk/bin/go", 2);
  expect(SettingId::connect, "unix;/s", 3);
  expect(SettingId::frame_limit_bytes, "1000000", 4);
  expect(SettingId::drain_timeout_ms, "0", 5);
  expect(SettingId::shutdown_answer_after_ms, "60000", 6);
  expect(SettingId::zero_copy, "off", 7);
  expect(SettingId::replay, "false", 8);
  expect(SettingId::replay_wait, "1m30s", 9);
  expect(SettingId::hibernate_after, "off", 10);
  expect(SettingId::hang_timeout, "500ms", 11);
  expect(SettingId::document_limit_bytes, "1024", 12);
  expect(SettingId::share, "false", 13);
  expect(SettingId::start_daemon, "false", 14);
  expect(SettingId::lease_deadline, "2s", 15);
  expect(SettingId::isolation, "workspace", 16);
  expect(SettingId::park, "false", 17);
  expect(SettingId::instance, "a", 18);
  expect(SettingId::idle_timeout, "never", 19);
  expect(SettingId::daemon_idle_timeout, "1h", 20);
  expect(SettingId::park_timeout, "never", 21);
  expect(SettingId::parked_max, "0", 22);
  expect(SettingId::memory_budget_mib, "2048", 23);
  expect(SettingId::cpu_weight, "0", 24);
  expect(SettingId::log_level, "debug", 26);
  expect(SettingId::log_file, "/l", 27);
  EXPECT_EQ(result.configuration.duration(SettingId::idle_timeout).count(), 0);
}

TEST_F(ConfigurationTest, FileVariableAndFlagWinInRisingOrder) {
  write_default_file("gopls = '/file'\nconnect = '/file'\nlog.level = 'info'\n");
  variables_.insert(variables_.end(),
                    {"GOPLS_BRIDGE_GOPLS=/variable", "GOPLS_BRIDGE_CONNECT=/variable"});
  auto const result = read({flag("gopls", "/flag")});
  ASSERT_EQ(result.complaint, "");
  EXPECT_EQ(result.configuration[SettingId::gopls].text, "/flag");
  EXPECT_EQ(result.configuration[SettingId::gopls].source, "--gopls");
  EXPECT_EQ(result.configuration[SettingId::connect].text, "/variable");
  EXPECT_EQ(result.configuration[SettingId::connect].source, "GOPLS_BRIDGE_CONNECT");
  EXPECT_EQ(result.configuration[SettingId::log_level].text, "info");
}

TEST_F(ConfigurationTest, OfTwoEqualFlagsTheLastCounts) {
  auto const result = read({flag("gopls", "/one"), flag("gopls", "/two")});
  EXPECT_EQ(result.configuration[SettingId::gopls].text, "/two");
}

TEST_F(ConfigurationTest, EveryVariableIsKnown) {
  for (auto const* text : {"GOPLS_BRIDGE_GOPLS=/g",
                           "GOPLS_BRIDGE_GO=~/go",
                           "GOPLS_BRIDGE_CONNECT=localhost:1",
                           "GOPLS_BRIDGE_FRAME_LIMIT_BYTES=65536",
                           "GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=1",
                           "GOPLS_BRIDGE_SHUTDOWN_ANSWER_AFTER_MS=1",
                           "GOPLS_BRIDGE_ZERO_COPY=on",
                           "GOPLS_BRIDGE_REPLAY=false",
                           "GOPLS_BRIDGE_REPLAY_WAIT=1s",
                           "GOPLS_BRIDGE_HIBERNATE_AFTER=1h",
                           "GOPLS_BRIDGE_HANG_TIMEOUT=2m",
                           "GOPLS_BRIDGE_DOCUMENT_LIMIT_BYTES=4096",
                           "GOPLS_BRIDGE_SHARE=false",
                           "GOPLS_BRIDGE_START_DAEMON=0",
                           "GOPLS_BRIDGE_LEASE_DEADLINE=500ms",
                           "GOPLS_BRIDGE_ISOLATION=workspace",
                           "GOPLS_BRIDGE_PARK=0",
                           "GOPLS_BRIDGE_INSTANCE=a.b_C-1",
                           "GOPLS_BRIDGE_IDLE_TIMEOUT=1m",
                           "GOPLS_BRIDGE_DAEMON_IDLE_TIMEOUT=never",
                           "GOPLS_BRIDGE_PARK_TIMEOUT=1h",
                           "GOPLS_BRIDGE_PARKED_MAX=1000",
                           "GOPLS_BRIDGE_MEMORY_BUDGET_MIB=1",
                           "GOPLS_BRIDGE_CPU_WEIGHT=10000",
                           "GOPLS_BRIDGE_LOG_LEVEL=off",
                           "GOPLS_BRIDGE_LOG_FILE=/l",
                           "GOPLS_BRIDGE_TRIED=/x"})
    variables_.emplace_back(text);
  auto const result = read();
  EXPECT_EQ(result.complaint, "");
  for (auto const& key : kSettingKeys)
    EXPECT_EQ(result.configuration[key.id].source, key.variable) << key.key;
  EXPECT_EQ(result.configuration[SettingId::go].text, directory_ / "go");
}

TEST_F(ConfigurationTest, DurationsCountInMillisecondsAndOffIsNone) {
  auto const hibernate = [this](std::string value) {
    auto const result = read({flag("hibernate-after", std::move(value))});
    EXPECT_EQ(result.complaint, "");
    return result.configuration.duration(SettingId::hibernate_after).count();
  };
  EXPECT_EQ(hibernate("off"), 0);
  EXPECT_EQ(hibernate("never"), 0);
  EXPECT_EQ(hibernate("0"), 0);
  EXPECT_EQ(hibernate("0s"), 0);
  EXPECT_EQ(hibernate("500ms"), 500);
  EXPECT_EQ(hibernate("1h30m"), 5'400'000);
  EXPECT_EQ(hibernate("720h"), 2'592'000'000);
  EXPECT_EQ(hibernate("1ns"), 1);  // not off
  auto const defaults = read().configuration;
  EXPECT_EQ(defaults.duration(SettingId::replay_wait).count(), 10'000);
  EXPECT_EQ(defaults.duration(SettingId::hibernate_after).count(), 1'800'000);
  EXPECT_EQ(defaults.duration(SettingId::hang_timeout).count(), 0);
  EXPECT_EQ(defaults.duration(SettingId::lease_deadline).count(), 1'000);
  EXPECT_EQ(defaults.duration(SettingId::idle_timeout).count(), 600'000);
  EXPECT_EQ(defaults.duration(SettingId::daemon_idle_timeout).count(), 60'000);
  EXPECT_EQ(defaults.duration(SettingId::park_timeout).count(), 600'000);
  EXPECT_EQ(defaults.integer(SettingId::parked_max), 8);
}

TEST_F(ConfigurationTest, BooleansAreGosInVariablesAndFlags) {
  EXPECT_TRUE(read().configuration.boolean(SettingId::replay));
  EXPECT_FALSE(read({flag("replay", "0")}).configuration.boolean(SettingId::replay));
  variables_.emplace_back("GOPLS_BRIDGE_REPLAY=False");
  EXPECT_FALSE(read().configuration.boolean(SettingId::replay));
  EXPECT_TRUE(read({flag("replay", "true")}).configuration.boolean(SettingId::replay));
}

TEST_F(ConfigurationTest, SettingsOfTheInstanceWinOverThoseOutsideOfItsTable) {
  auto const file = write_default_file(
      "idle_timeout = '5m'\n"
      "cpu_weight = 50\n"
      "log.level = 'warn'\n"
      "[instance.big]\n"
      "idle_timeout = 'never'\n"
      "[instance.big.log]\n"
      "level = 'debug'\n"
      "[instance.small]\n"
      "idle_timeout = '1s'\n"
      "cpu_weight = 1\n");
  auto const idle = [this](const std::vector<OwnFlag>& flags) {
    auto const result = read(flags);
    EXPECT_EQ(result.complaint, "");
    return result.configuration[SettingId::idle_timeout].text;
  };
  EXPECT_EQ(idle({}), "5m");
  EXPECT_EQ(idle({flag("instance", "other")}), "5m");
  EXPECT_EQ(idle({flag("instance", "small")}), "1s");
  EXPECT_EQ(idle({flag("instance", "small"), flag("idle-timeout", "2s")}), "2s");
  variables_.emplace_back("GOPLS_BRIDGE_INSTANCE=small");
  EXPECT_EQ(idle({}), "1s");
  auto const big = read({flag("instance", "big")}).configuration;
  EXPECT_EQ(big[SettingId::idle_timeout].text, "never");
  EXPECT_EQ(big[SettingId::idle_timeout].source, file + ":5");
  EXPECT_EQ(big[SettingId::cpu_weight].text, "50");
  EXPECT_EQ(big[SettingId::log_level].text, "debug");
  EXPECT_EQ(big[SettingId::instance].text, "big");
}

TEST_F(ConfigurationTest, FaultsInTheTableOfAnyInstanceAreNamedByLine) {
  expect_refused_file("[instance.a]\nshre = true\n", ":2: unknown key \"shre\"");
  expect_refused_file("[instance.a]\nshare = 1\n", ":2: share is not true or false");
  expect_refused_file("[instance.a.instance.b]\nshare = true\n",
                      ":1: an instance has no instances");
  expect_refused_file("[instance.'a b']\n",
                      ":1: instance.a b is no table with the name of an instance");
  expect_refused_file("[instance]\na = 1\n",
                      ":2: instance.a is no table with the name of an instance");
}

// Its name becomes a directory beside the daemon's own files.
TEST_F(ConfigurationTest, AnInstanceHasANameThatIsNobodyElses) {
  for (auto const* name : {"a", "A-1", "my.work_2", "0"})
    EXPECT_EQ(read({flag("instance", name)}).complaint, "") << name;
  for (auto const* name : {".", "..", "../a", "a/b", ".a", "-a", "a b", "a\nb", "servers", "here",
                           "control.sock", "daemon.lock", "\xc3\xa4"})
    EXPECT_NE(read({flag("instance", name)}).complaint, "") << name;
  EXPECT_NE(read({flag("instance", std::string(65, 'a'))}).complaint, "");
  EXPECT_EQ(read({flag("instance", "a b")}).complaint,
            "--instance=a b is no name for an instance (letters, digits, \"_\", \".\" and \"-\")");
}

TEST_F(ConfigurationTest, AnEmptyVariableIsNotSet) {
  variables_.emplace_back("GOPLS_BRIDGE_LOG_LEVEL=");
  EXPECT_EQ(read().configuration[SettingId::log_level].source, "default");
}

TEST_F(ConfigurationTest, XdgConfigHomeCountsIfAbsolute) {
  auto const file = directory_.write("xdg/gopls-bridge/config.toml", "gopls = '/x'\n");
  variables_.push_back("XDG_CONFIG_HOME=" + directory_ / "xdg");
  EXPECT_EQ(read().configuration[SettingId::gopls].source, file + ":1");
  variables_.back() = "XDG_CONFIG_HOME=xdg";
  EXPECT_EQ(read().configuration.file, directory_ / ".config/gopls-bridge/config.toml");
}

TEST_F(ConfigurationTest, FlagOverVariableNamesTheFile) {
  auto const by_flag = directory_.write("flag.toml", "gopls = '/f'\n");
  directory_.write("variable.toml", "gopls = '/v'\n");
  variables_.emplace_back("GOPLS_BRIDGE_CONFIG=~/variable.toml");
  EXPECT_EQ(read().configuration[SettingId::gopls].text, "/v");
  EXPECT_EQ(read({flag("config", by_flag)}).configuration[SettingId::gopls].text, "/f");
}

TEST_F(ConfigurationTest, AFileThatIsNamedMustBeThere) {
  auto const missing = directory_ / "missing.toml";
  auto const by_flag = read({flag("config", missing)});
  EXPECT_EQ(by_flag.complaint, missing + ": No such file or directory");
  EXPECT_EQ(by_flag.exit_code, kExitConfig);
  expect_refused_variable("GOPLS_BRIDGE_CONFIG=" + missing, by_flag.complaint);
}

TEST_F(ConfigurationTest, ADirectoryInPlaceOfTheFileIsAFault) {
  write_default_file("");
  auto const result = read({flag("config", directory_ / ".config")});
  EXPECT_EQ(result.complaint, directory_ / ".config: Is a directory");
}

TEST_F(ConfigurationTest, FaultsInTheFileAreNamedByLine) {
  expect_refused_file("gopls = '/g'\ngoplss = 'x'\n", ":2: unknown key \"goplss\"");
  expect_refused_file("[log]\nlevle = 'info'\n", ":2: unknown key \"log.levle\"");
  expect_refused_file("[logs]\nlevel = 'info'\n", ":1: unknown key \"logs\"");
  expect_refused_file("\ngopls = 7\n", ":2: gopls is not a string");
  expect_refused_file("log = 'info'\n", ":1: unknown key \"log\"");
  expect_refused_file("frame_limit_bytes = '7'\n", ":1: frame_limit_bytes is not a whole number");
  expect_refused_file("frame_limit_bytes = 70000.5\n",
                      ":1: frame_limit_bytes is not a whole number");
  expect_refused_file("frame_limit_bytes = 10\n",
                      ":1: frame_limit_bytes = 10 is not between 65536 and 2147483647");
  expect_refused_file("drain_timeout_ms = -1\n",
                      ":1: drain_timeout_ms = -1 is not between 0 and 60000");
  expect_refused_file("replay = 'no'\n", ":1: replay is not true or false");
  expect_refused_file("replay = 0\n", ":1: replay is not true or false");
  expect_refused_file("\nhibernate_after = 30\n",
                      ":2: hibernate_after is not a duration in quotes, such as \"90s\", "
                      "\"1h30m\", \"500ms\" or \"off\"");
  expect_refused_file("hibernate_after = '30'\n",
                      ":1: hibernate_after = 30 is no duration, such as \"90s\", \"1h30m\", "
                      "\"500ms\" or \"off\"");
  expect_refused_file("hang_timeout = '-1s'\n",
                      ":1: hang_timeout = -1s is no duration, such as \"90s\", \"1h30m\", "
                      "\"500ms\" or \"off\"");
  expect_refused_file("replay_wait = '61m'\n", ":1: replay_wait = 61m is longer than 1h");
  expect_refused_file("hibernate_after = '720h1ns'\n",
                      ":1: hibernate_after = 720h1ns is longer than 720h");
  expect_refused_file("lease_deadline = 'off'\n", ":1: lease_deadline = off is no time at all");
  expect_refused_file("lease_deadline = '2m'\n", ":1: lease_deadline = 2m is longer than 1m");
  expect_refused_file("isolation = 'all'\n", ":1: isolation = all is not one of none, workspace");
  expect_refused_file("cpu_weight = 10001\n", ":1: cpu_weight = 10001 is not between 0 and 10000");
  expect_refused_file("document_limit_bytes = 1023\n",
                      ":1: document_limit_bytes = 1023 is not between 1024 and 2147483647");
  expect_refused_file("[log]\n\nlevel = 'loud'\n",
                      ":3: log.level = loud is not one of debug, info, warn, error, off");
  expect_refused_file("connect = 'build-host:1'\n",
                      ":1: connect = build-host:1 is no address (/path, unix;/path, "
                      "127.0.0.1:port or localhost:port)");
  expect_refused_file("gopls = 'gopls'\n", ":1: gopls = gopls is a name, not a path");
  expect_refused_file("gopls = 'bin/gopls'\n", ":1: gopls = bin/gopls is not an absolute path");
  expect_refused_file("go = '/opt/go1.27'\n", ":1: go = /opt/go1.27 does not end in /go");
  expect_refused_file("gopls = ''\n", ":1: gopls =  is empty");
}

TEST_F(ConfigurationTest, BrokenTomlIsNamedByLine) {
  auto const file = write_default_file("gopls = '/g'\n[log\n");
  auto const result = read();
  EXPECT_TRUE(result.complaint.starts_with(file + ":2: ")) << result.complaint;
  EXPECT_EQ(result.exit_code, kExitConfig);
}

TEST_F(ConfigurationTest, FaultsInVariablesAreNamedByVariable) {
  expect_refused_variable("GOPLS_BRIDGE_GOPSL=/g",
                          "GOPLS_BRIDGE_GOPSL is no variable of gopls-bridge");
  expect_refused_variable("GOPLS_BRIDGE_GOPLS=gopls",
                          "GOPLS_BRIDGE_GOPLS=gopls is a name, not a path");
  expect_refused_variable("GOPLS_BRIDGE_GOPLS=./gopls",
                          "GOPLS_BRIDGE_GOPLS=./gopls is not an absolute path");
  expect_refused_variable("GOPLS_BRIDGE_CONFIG=c.toml",
                          "GOPLS_BRIDGE_CONFIG=c.toml is not an absolute path");
  expect_refused_variable("GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=3s",
                          "GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=3s is not a whole number");
  expect_refused_variable(
      "GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=99999999999999999999",
      "GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=99999999999999999999 is not a whole number");
  expect_refused_variable("GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=60001",
                          "GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=60001 is not between 0 and 60000");
}

TEST_F(ConfigurationTest, FaultsInFlagsAreUsageErrors) {
  auto const level = read({flag("log-level", "loud")});
  EXPECT_EQ(level.complaint, "--log-level=loud is not one of debug, info, warn, error, off");
  EXPECT_EQ(level.exit_code, kExitUsage);
  EXPECT_EQ(read({flag("frame-limit", "1k")}).complaint, "--frame-limit=1k is not a whole number");
  EXPECT_EQ(read({flag("replay", "on")}).complaint, "--replay=on is not true or false");
  EXPECT_EQ(read({flag("hang-timeout", "2")}).complaint,
            "--hang-timeout=2 is no duration, such as \"90s\", \"1h30m\", \"500ms\" or \"off\"");
  EXPECT_EQ(read({flag("gopls", "")}).complaint, "--gopls= is empty");
}

TEST_F(ConfigurationTest, AFlagMayNameAPathFromHere) {
  auto const result = read({flag("gopls", "./bin/gopls"), flag("log-file", "l")});
  EXPECT_EQ(result.complaint, "");
  EXPECT_EQ(result.configuration[SettingId::gopls].text, "./bin/gopls");
}

TEST(ServerAddress, TakesPathsAndNumbersAndLocalhost) {
  for (auto const* text : {"/s", "unix;/s", "unix;@abstract", "127.0.0.1:1", "[::1]:65535",
                           "localhost:37374", "10.0.0.7:80"})
    EXPECT_TRUE(is_server_address(text)) << text;
  for (auto const* text : {"", "s", "unix;", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                           "127.0.0.1:65536", "127.0.0.1:1x", "::1:1", "[::1]", "[]:1",
                           "[1.2.3.4]:1", "host:1", ":1", "127.1:1", "localhost"})
    EXPECT_FALSE(is_server_address(text)) << text;
}

}  // namespace
}  // namespace bridge::cli
