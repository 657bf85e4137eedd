#include "proxy/session/file_uri.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/rigs/temp_dir.h"

namespace bridge::session {
namespace {

TEST(FileUri, EscapesAreDecodedAndNothingElseIsAFile) {
  EXPECT_EQ(path_of_file_uri("file:///a%20b/%C3%A4.go"), "/a b/\xC3\xA4.go");
  EXPECT_EQ(path_of_file_uri("file:///c%3A/x"), "/c:/x");
  for (std::string const uri : {"", "untitled:1", "file://", "file://host/a", "file:///a%2",
                                "file:///a%zz", "file:///a%00b", "git:///a"}) {
    EXPECT_EQ(path_of_file_uri(uri), std::nullopt) << uri;
  }
}

TEST(FileUri, AFileIsReadWholeUpToTheLimit) {
  rigs::TempDir directory;
  std::string const path = directory / "a b.go";
  std::string const text(100'000, 'x');
  std::ofstream(path) << text;
  std::string const uri = "\"file://" + (directory / "a%20b.go") + '"';
  EXPECT_EQ(read_file_of_uri(uri, text.size()), text);
  EXPECT_EQ(read_file_of_uri(uri, text.size() - 1), std::nullopt);
}

TEST(FileUri, WhatIsNoFileIsNotReadAndDoesNotBlock) {
  rigs::TempDir directory;
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_file_of_uri("\"file://" + (directory / "fifo") + '"', 10), std::nullopt);
  EXPECT_EQ(read_file_of_uri("\"file://" + (directory / "none") + '"', 10), std::nullopt);
  EXPECT_EQ(read_file_of_uri("\"file:///dev/zero\"", 10), std::nullopt);
  EXPECT_EQ(read_file_of_uri("", 10), std::nullopt);
}

}  // namespace
}  // namespace bridge::session
