// The real gopls under the unit does what it does under an editor: tidies, runs cgo's compiler,
// works in /tmp, reaches the user's ssh agent.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/rigs/temp_dir.h"
#include "tests/systemd/systemd_fixture.h"

namespace bridge::systemd_tests {
namespace {

namespace fs = std::filesystem;

constexpr char kMain[] = R"(package main

// static int twice(int x) { return 2 * x; }
import "C"

var doubled = C.twice(21)

func main() { println(doubled) }
)";

class Gopls : public UnderSystemd {};

TEST_F(Gopls, TidiesCompilesCAndWorksInTmpAsUnderAnEditor) {
  auto const gopls = tools + "/gopls-v0.23.0/gopls";
  std::error_code error;
  auto const go = fs::canonical(tools + "/bin/go", error).string();
  if (::access(gopls.c_str(), X_OK) != 0 || error || ::access(go.c_str(), X_OK) != 0)
    GTEST_SKIP() << "no gopls or go that an ordinary user may run: " << gopls << ", " << go;
  if (::access("/usr/bin/cc", X_OK) != 0) GTEST_SKIP() << "no C compiler";

  rigs::TempDir const module;  // in /tmp
  module.write("go.mod",
               "module example.com/main\n\ngo 1.21\n\nreplace example.com/dep => ./dep\n");
  module.write("dep/go.mod", "module example.com/dep\n\ngo 1.21\n");
  module.write("dep/dep.go", "package dep\n\nfunc Number() int { return 21 }\n");
  module.write("sub/sub.go", "package sub\n\nimport \"example.com/dep\"\n\nvar N = dep.Number()\n");
  auto const main_go = module.write("main.go", kMain);
  auto const compiler =
      module.write("cc", "#!/bin/sh\necho \"$SSH_AUTH_SOCK $NAMED_BY_THE_EDITOR\" >>" +
                             (module / "compiled") + "\nexec /usr/bin/cc \"$@\"\n");
  fs::permissions(compiler, fs::perms::owner_all);
  std::ofstream(module / "agent") << "";

  auto editor = start({"PATH=" + fs::path(go).parent_path().string() + ":/usr/bin:/bin",
                       "GOPLS_BRIDGE_GOPLS=" + gopls, "CC=" + compiler, "CGO_ENABLED=1",
                       "GOPROXY=off", "GOTOOLCHAIN=local", "GOTELEMETRY=off",
                       "SSH_AUTH_SOCK=" + (module / "agent"), "NAMED_BY_THE_EDITOR=yes"});
  ASSERT_TRUE(editor->client.initialize(module.path()).contains("result"));
  editor->client.open(main_go, kMain);

  auto const tidied = editor->client.request(
      "workspace/executeCommand",
      {{"command", "gopls.tidy"},
       {"arguments", Json::array({{{"URIs", Json::array({rigs::file_uri(module / "go.mod")})}}})}});
  std::string asked;
  for (auto const& request : editor->client.server_requests()) asked += request.dump();
  EXPECT_NE((asked + rigs::read_file(module / "go.mod")).find("require example.com/dep"),
            std::string::npos)
      << tidied << asked;

  // Behind C: known only once cgo's compiler has run.
  auto const hover = editor->client.hover(main_go, 5, 6).dump();
  EXPECT_NE(hover.find("_Ctype_int"), std::string::npos) << hover;
  auto const compiled = rigs::read_file(module / "compiled");
  auto const agent = compiled.substr(0, compiled.find(' '));
  EXPECT_EQ(fs::canonical(agent, error), fs::canonical(module / "agent")) << compiled;
  EXPECT_NE(compiled.find(" yes\n"), std::string::npos) << compiled;

  // It was the shared one, in a scope of its own; and the daemon may go under it.
  auto const scopes =
      systemctl({"list-units", "--plain", "--no-legend", "gopls-bridge-gopls-*.scope"});
  EXPECT_EQ(std::count(scopes.begin(), scopes.end(), '\n'), 1) << scopes << editor->child.errors();
  systemctl({"restart", kService});
  EXPECT_NE(editor->client.hover(main_go, 7, 7).dump().find("func main()"), std::string::npos);
  EXPECT_EQ(systemctl({"list-units", "--plain", "--no-legend", "gopls-bridge-gopls-*.scope"}),
            scopes);
  quit(editor);
}

}  // namespace
}  // namespace bridge::systemd_tests
