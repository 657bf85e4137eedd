#include "proxy/server/search_places.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/rigs/temp_dir.h"

namespace bridge::server {
namespace {

using Places = std::vector<std::string>;

class SearchPlaces : public testing::Test {
 protected:
  SearchPlaces() { set("HOME=" + directory_.path()); }
  void set(std::string entry) { variables_.push_back(std::move(entry)); }

  template <class Use>
  void with_environment(Use use) const {
    std::vector<const char*> entries;
    for (auto const& variable : variables_) entries.push_back(variable.c_str());
    entries.push_back(nullptr);
    use(Environment(entries.data()));
  }
  // "directory (named by)"
  Places gopls() const {
    Places places;
    with_environment([&](const Environment& environment) {
      walk_gopls_places(environment, [&](const std::string& directory, std::string_view named_by) {
        places.push_back(directory + " (" + std::string(named_by) + ")");
        return false;
      });
    });
    return places;
  }
  Places go() const {
    Places places;
    with_environment([&](const Environment& environment) {
      walk_go_places(environment, [&](const std::string& directory, std::string_view) {
        places.push_back(directory);
        return false;
      });
    });
    return places;
  }
  static bool holds(const Places& places, const std::string& wanted) {
    return std::find(places.begin(), places.end(), wanted) != places.end();
  }
  // That these come in this order, whatever lies between.
  static void expect_order(const Places& places, const Places& wanted) {
    auto at = places.begin();
    for (auto const& place : wanted) {
      at = std::find(at, places.end(), place);
      ASSERT_NE(at, places.end()) << place << " is missing, or comes too early, in "
                                  << testing::PrintToString(places);
    }
  }

  rigs::TempDir directory_;
  std::vector<std::string> variables_;
};

TEST_F(SearchPlaces, GoplsInTheOrderOfChoice) {
  set("PATH=/p1:/p2");
  set("GOBIN=/gobin");
  set("GOPATH=/gp1:/gp2");
  auto const& home = directory_.path();
  expect_order(
      gopls(),
      {"/p1 (PATH)", "/p2 (PATH)", "/gobin (GOBIN)", "/gp1/bin (GOPATH)", "/gp2/bin (GOPATH)",
       home + "/go/bin (a usual place)", home + "/go-tools/bin (a usual place)",
       "/usr/local/go/bin (a usual place)", home + "/.local/bin (a usual place)",
       "/usr/local/bin (a usual place)", "/usr/bin (a usual place)", "/snap/bin (a usual place)",
       home + "/.asdf/shims (a usual place)", home + "/.local/share/mise/shims (a usual place)",
       home + "/.goenv/shims (a usual place)"});
}

TEST_F(SearchPlaces, TheGoEnvFileCountsWhereTheEnvironmentIsSilent) {
  directory_.write(".config/go/env", "GOFLAGS=-x\nGOBIN=/from/file\nGOPATH=/fp\n");
  auto const places = gopls();
  EXPECT_TRUE(holds(places, "/from/file (GOBIN of go env)"));
  EXPECT_TRUE(holds(places, "/fp/bin (GOPATH of go env)"));
  set("GOENV=off");
  EXPECT_FALSE(holds(gopls(), "/from/file (GOBIN of go env)"));
  variables_.back() = "GOENV=" + directory_.write("other", "GOBIN=/other\n");
  EXPECT_TRUE(holds(gopls(), "/other (GOBIN of go env)"));
}

TEST_F(SearchPlaces, TheGoEnvFileIsUnderXdgConfigHomeWhereThatIsSet) {
  directory_.write("xdg/go/env", "\nGOBIN=/x\n");
  set("XDG_CONFIG_HOME=" + directory_ / "xdg");
  EXPECT_TRUE(holds(gopls(), "/x (GOBIN of go env)"));
}

TEST_F(SearchPlaces, ALineOfTheGoEnvFileIsTakenWhole) {
  directory_.write(".config/go/env", "XGOBIN=/no\nGOBINS=/no\nGOBIN\nGOBIN=/with = sign\n");
  with_environment([&](const Environment& environment) {
    EXPECT_EQ(go_env_file_value(environment, "GOBIN"), "/with = sign");
    EXPECT_EQ(go_env_file_value(environment, "GOPATH"), "");
  });
}

TEST_F(SearchPlaces, RelativeAndEmptyEntriesAreNotPlaces) {
  set("PATH=:a:./b:/c::");
  set("GOBIN=rel");
  set("GOPATH=rel:");
  for (auto const& place : gopls()) EXPECT_EQ(place.front(), '/') << place;
  EXPECT_EQ(gopls().front(), "/c (PATH)");
}

TEST_F(SearchPlaces, WindowsDrivesInPathComeLast) {
  set("PATH=/mnt/c/Windows/system32:/usr/sbin:/mnt/d/go/bin:/mnt/data/bin:/mnt/c:/last");
  auto const places = gopls();
  EXPECT_EQ(places[0], "/usr/sbin (PATH)");
  EXPECT_EQ(places[1], "/mnt/data/bin (PATH)");
  EXPECT_EQ(places[2], "/mnt/c (PATH)");
  EXPECT_EQ(places[3], "/last (PATH)");
  EXPECT_EQ(places.back(), "/mnt/d/go/bin (PATH)");
  EXPECT_EQ(places[places.size() - 2], "/mnt/c/Windows/system32 (PATH)");
}

TEST_F(SearchPlaces, VersionManagersSayWhereTheirShimsAre) {
  set("ASDF_DATA_DIR=/asdf");
  set("MISE_DATA_DIR=/mise");
  set("GOENV_ROOT=/goenv");
  expect_order(gopls(), {"/asdf/shims (ASDF_DATA_DIR)", "/mise/shims (MISE_DATA_DIR)",
                         "/goenv/shims (GOENV_ROOT)"});
  variables_ = {"HOME=/h", "XDG_DATA_HOME=/data"};
  EXPECT_TRUE(holds(gopls(), "/data/mise/shims (XDG_DATA_HOME)"));
}

TEST_F(SearchPlaces, WithoutHomeOnlyTheMachinesPlacesRemain) {
  variables_ = {};
  for (auto const& place : gopls()) EXPECT_FALSE(place.starts_with("/.") || place[0] != '/');
  EXPECT_FALSE(holds(gopls(), "/go/bin (HOME)"));
  EXPECT_TRUE(holds(gopls(), "/usr/bin (a usual place)"));
}

TEST_F(SearchPlaces, TheWalkEndsWhereTheVisitorIsContent) {
  set("PATH=/p1:/p2:/p3");
  int visits = 0;
  with_environment([&](const Environment& environment) {
    walk_gopls_places(environment, [&](const std::string& directory, std::string_view) {
      ++visits;
      return directory == "/p2";
    });
  });
  EXPECT_EQ(visits, 2);
}

TEST_F(SearchPlaces, GoInTheOrderOfChoice) {
  set("PATH=/p1");
  set("GOROOT=/root");
  for (auto const* version : {"go1.9", "go1.26.8", "go1.27.0", "go1.4.2", "gotip", "go1.28rc1"})
    directory_.write(std::string("sdk/") + version + "/bin/go", "");
  auto const& home = directory_.path();
  expect_order(go(), {"/p1", "/root/bin", "/usr/local/go/bin", home + "/sdk/go1.27.0/bin",
                      home + "/go/bin", "/usr/lib/go/bin", "/snap/bin", home + "/.goenv/shims"});
  EXPECT_FALSE(holds(go(), home + "/sdk/gotip/bin"));
}

}  // namespace
}  // namespace bridge::server
