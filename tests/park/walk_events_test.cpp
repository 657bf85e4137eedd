#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "proxy/session/file_uri.h"
#include "proxy/session/park/workspace_snapshot.h"

namespace bridge::session {
namespace {

using Texts = std::vector<std::string>;

SnapshotChanges changes_of(Texts created, Texts changed, Texts deleted) {
  SnapshotChanges changes;
  changes.created = std::move(created);
  changes.changed = std::move(changed);
  changes.deleted = std::move(deleted);
  return changes;
}

TEST(WatchedFileEvents, EachKindHasItsNumber) {
  EXPECT_EQ(watched_file_events(changes_of({"/a.go"}, {"/b.go"}, {"/c.go"}), {}),
            Texts{R"({"changes":[{"uri":"file:///a.go","type":1},)"
                  R"({"uri":"file:///b.go","type":2},{"uri":"file:///c.go","type":3}]})"});
}

TEST(WatchedFileEvents, AReloadIsAskedForByAChange) {
  SnapshotChanges changes = changes_of({"/p/a.go"}, {}, {});
  changes.reload = "/vendor/modules.txt";
  EXPECT_EQ(watched_file_events(changes, {}),
            Texts{R"({"changes":[{"uri":"file:///p/a.go","type":1},)"
                  R"({"uri":"file:///vendor/modules.txt","type":2}]})"});
}

TEST(WatchedFileEvents, NothingIsNoEvent) {
  EXPECT_EQ(watched_file_events(SnapshotChanges(), {}), Texts{});
}

TEST(WatchedFileEvents, UrisAreWrittenAsGoplsWritesThem) {
  // The second: what gopls v0.23 answers (protocol.URIFromPath) for such a path.
  EXPECT_EQ(watched_file_events(changes_of({}, {"/a b/ü+@=&$,;:~!'()*[]#?%\"\\.go"}, {}), {})[0],
            R"({"changes":[{"uri":"file:///a%20b/%C3%BC+@=&$,;:~%21%27%28%29%2A%5B%5D%23%3F%25)"
            R"(%22%5C.go","type":2}]})");
}

TEST(WatchedFileEvents, AnyPathComesBackFromItsUri) {
  std::string path = "/";
  for (int c = 1; c < 256; ++c) path += static_cast<char>(c);
  auto const json = nlohmann::json::parse(watched_file_events(changes_of({path}, {}, {}), {})[0]);
  EXPECT_EQ(path_of_file_uri(json["changes"][0]["uri"].get<std::string>()), path);
}

TEST(WatchedFileEvents, FilesWithDiagnosticsChangeButAreNotToldTwice) {
  EXPECT_EQ(watched_file_events(changes_of({}, {"/a b.go"}, {"/d.go"}),
                                {R"("file:///a%20b.go")", R"("file:///C%3A/x.go")",
                                 R"("file:///C:/x.go")", R"("file:///d.go")", R"("untitled:1")"}),
            Texts{R"({"changes":[{"uri":"file:///a%20b.go","type":2},)"
                  R"({"uri":"file:///d.go","type":3},{"uri":"file:///C%3A/x.go","type":2}]})"});
}

TEST(WatchedFileEvents, ManyComeInPieces) {
  Texts const pieces = watched_file_events(changes_of({"/a", "/b", "/c"}, {"/d"}, {"/e"}), {}, 2);
  ASSERT_EQ(pieces.size(), 3U);
  std::size_t events = 0;
  for (std::string const& piece : pieces) events += nlohmann::json::parse(piece)["changes"].size();
  EXPECT_EQ(events, 5U);
  EXPECT_EQ(pieces[2], R"({"changes":[{"uri":"file:///e","type":3}]})");
}

}  // namespace
}  // namespace bridge::session
