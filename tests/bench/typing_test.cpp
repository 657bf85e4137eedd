#include "bench/typing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace bridge::bench {
namespace {

using Json = nlohmann::json;

Json body_of(const Message& message) {
  Header const header = read_header(message.frame);
  EXPECT_EQ(header.size, message.header_size);
  EXPECT_EQ(header.size + header.body_size, message.frame.size());
  return Json::parse(message.frame.substr(message.header_size));
}

// The edit by the rules of LSP, in a file of ASCII.
void apply(std::vector<std::string>& lines, const Json& change) {
  auto const& start = change["range"]["start"];
  auto const& end = change["range"]["end"];
  ASSERT_EQ(start["line"], end["line"]);
  auto& line = lines.at(start["line"].get<std::size_t>());
  auto const from = start["character"].get<std::size_t>();
  auto const length = end["character"].get<std::size_t>() - from;
  ASSERT_LE(from + length, line.size());
  EXPECT_EQ(change["rangeLength"], length);
  line.replace(from, length, change["text"].get<std::string>());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines{""};
  for (char const c : text) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  }
  return lines;
}

TEST(Typing, EachKeyIsAnEditThatFitsTheFile) {
  Typing typing("file:///m/a.go");
  auto const opened = body_of(typing.did_open());
  EXPECT_EQ(opened["method"], "textDocument/didOpen");
  auto lines = lines_of(opened["params"]["textDocument"]["text"].get<std::string>());
  auto const first = lines;
  EXPECT_EQ(lines.size(), Typing::kLines + 1U);
  auto version = opened["params"]["textDocument"]["version"].get<int>();
  std::size_t longest = 0;
  int returns = 0;
  for (int key = 0; key < 1000; ++key) {
    auto const params = body_of(typing.key())["params"];
    EXPECT_EQ(params["textDocument"]["uri"], "file:///m/a.go");
    EXPECT_GT(params["textDocument"]["version"], version);
    version = params["textDocument"]["version"].get<int>();
    ASSERT_EQ(params["contentChanges"].size(), 1U);
    apply(lines, params["contentChanges"][0]);
    longest = std::max(longest, lines[Typing::kLines / 2].size());
    returns += lines == first ? 1 : 0;
  }
  EXPECT_GT(longest, 40U) << "whole lines are typed";
  EXPECT_GT(returns, 10) << "and deleted again";
}

}  // namespace
}  // namespace bridge::bench
