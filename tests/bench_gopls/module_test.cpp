// The generated module, and what is asked about a module.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "bench/gopls/module_generator.h"
#include "bench/gopls/target.h"
#include "bench/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::bench {
namespace {

TEST(GeneratedModule, IsWhatGoBuilds) {
  if (find_program("go").empty()) GTEST_SKIP() << "there is no go on PATH";
  rigs::TempDir const directory;
  auto const files = generate_module();
  EXPECT_EQ(files.size(), 3U * kGeneratedPackages + 2);
  write_module(directory / "m", files);
  // The user's caches: building half of the standard library anew takes a minute.
  std::string const command =
      "cd " + (directory / "m") + " && go build ./... && go vet . ./stock01";
  EXPECT_EQ(::system(command.c_str()), 0);
}

TEST(GeneratedModule, IsTheSameEachTime) {
  auto const one = generate_module(3);
  auto const other = generate_module(3);
  ASSERT_EQ(one.size(), other.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].text, other[i].text) << one[i].name;
  for (auto const& file : one) EXPECT_EQ(file.text.find('@'), std::string::npos) << file.name;
}

TEST(ChosenTarget, IsTheFirstExportedFunctionOfAnOrdinaryFile) {
  rigs::TempDir const m;
  m.write("go.mod", "module m\n");
  m.write("a_test.go", "package m\nfunc Tested() {}\n");
  m.write(".b.go", "package m\nfunc Hidden() {}\n");
  m.write("c.go", "//go:build windows\n\npackage m\nfunc Elsewhere() {}\n");
  m.write("d.go", "package m\nfunc small() {}\nfunc (T) Method() {}\n// func Said(\n");
  m.write("nested/go.mod", "module n\n");
  m.write("nested/a.go", "package n\nfunc Nested() {}\n");
  m.write("vendor/v/a.go", "package v\nfunc Vendored() {}\n");
  m.write("z/e f.go", "package z\n\nfunc Wanted(a int) {}\nfunc Second() {}");
  Target const target = choose_target(m.path());
  EXPECT_EQ(target.path, m / "z/e f.go");
  EXPECT_EQ(target.uri, "file://" + m.path() + "/z/e%20f.go");
  EXPECT_EQ(target.function, "Wanted");
  auto const hover = nlohmann::json::parse(target.hover_params);
  EXPECT_EQ(hover["textDocument"]["uri"], target.uri);
  EXPECT_EQ(hover["position"], (nlohmann::json{{"line", 2}, {"character", 5}}));
}

TEST(ChosenTarget, CompletesAtTheEndOfTheNameThatWasBegun) {
  rigs::TempDir const m;
  m.write("a.go", "package m\n\nfunc Wanted() {}");
  Target const target = choose_target(m.path());
  auto const position = nlohmann::json::parse(target.completion_params)["position"];
  std::string_view text = target.text;
  for (int line = 0; line < position["line"]; ++line) text.remove_prefix(text.find('\n') + 1);
  EXPECT_EQ(text.substr(0, position["character"].get<std::size_t>()), "\tWante");
  EXPECT_EQ(text[position["character"].get<std::size_t>()], '\n');
}

TEST(ChosenTarget, IsNotMadeUpWhereThereIsNone) {
  rigs::TempDir const m;
  m.write("a.go", "package m\n");
  EXPECT_THROW(choose_target(m.path()), Broken);
}

TEST(Answer, IsLookedAtBeforeItCounts) {
  rigs::TempDir const m;
  m.write("a.go", "package m\nfunc Wanted() {}\n");
  Target const target = choose_target(m.path());
  auto const hover = [](const std::string& value) {
    return R"({"result":{"contents":{"kind":"markdown","value":")" + value + R"("}},"id":1})";
  };
  EXPECT_TRUE(hover_is_right(hover("func Wanted()"), target));
  EXPECT_FALSE(hover_is_right(hover("func Other()"), target));
  EXPECT_FALSE(hover_is_right(R"({"result":null,"id":1})", target));
  EXPECT_THROW(hover_is_right(R"({"error":{"code":0,"message":"no views"},"id":1})", target),
               Broken);
  EXPECT_NO_THROW(check_completion(
      R"({"result":{"items":[{"label":"a"},{"label":"Wanted"}]},"id":1})", target));
  EXPECT_THROW(check_completion(R"({"result":{"items":[]},"id":1})", target), Broken);
  EXPECT_THROW(check_completion(R"({"result":{"items":[{"label":"Wante"}]},"id":1})", target),
               Broken);
  EXPECT_THROW(check_completion(R"({"result":null,"id":1})", target), Broken);
}

}  // namespace
}  // namespace bridge::bench
