// The thread: its outcome, its end, and the documents that it compares.
#include <poll.h>

#include <algorithm>

#include "proxy/session/journal/record.h"
#include "proxy/session/park/background_walk.h"
#include "tests/park/walk_ground.h"

namespace bridge::session {
namespace {

class BackgroundWalkTest : public WalkGround {
 protected:
  static WalkOutcome outcome_of(BackgroundWalk& walk) {
    pollfd wanted{walk.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&wanted, 1, 20'000), 1);
    auto outcome = walk.take();
    EXPECT_TRUE(outcome);
    return outcome ? std::move(*outcome) : WalkOutcome();
  }
  KeptDocument document(std::string_view name, std::string_view text) const {
    return {"\"file://" + at(name) + "\"", text.size(), checksum(text)};
  }
};

TEST_F(BackgroundWalkTest, GivesTheSnapshotOnce) {
  BackgroundWalk background(request, true);
  WalkOutcome const outcome = outcome_of(background);
  ASSERT_TRUE(outcome.snapshot) << outcome.error;
  EXPECT_EQ(outcome.snapshot->files(), 5U);
  EXPECT_TRUE(outcome.changes.none());
  EXPECT_GT(outcome.took.count(), 0);
  EXPECT_FALSE(background.take());
  pollfd wanted{background.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&wanted, 1, 0), 0);
}

TEST_F(BackgroundWalkTest, SaysWhyThereIsNone) {
  request.entries_max = 0;
  BackgroundWalk background(request, false);
  WalkOutcome const outcome = outcome_of(background);
  EXPECT_FALSE(outcome.snapshot);
  EXPECT_EQ(outcome.error, "there are more than 0 entries");
}

TEST_F(BackgroundWalkTest, CanBeLeftAtAnyMoment) {
  for (int i = 0; i < 2000; ++i) ground.write("ws/many/" + std::to_string(i) + ".go", "");
  for (int i = 0; i < 20; ++i) BackgroundWalk const background(request, i % 2 == 0);
}

TEST_F(BackgroundWalkTest, ComparesWithWhatWasParked) {
  std::string const before = walk().serialise();
  write("ws/sub/b.go", "package bus\n");
  BackgroundWalk background(request, before, {});
  WalkOutcome const outcome = outcome_of(background);
  ASSERT_TRUE(outcome.snapshot) << outcome.error;
  auto const& changed = outcome.changes.changed;
  EXPECT_NE(std::find(changed.begin(), changed.end(), at("ws/sub/b.go")), changed.end());
  EXPECT_EQ(outcome.changes.useless, "");
}

TEST_F(BackgroundWalkTest, AParkedSnapshotThatCannotBeReadIsUseless) {
  BackgroundWalk background(request, "nonsense", {});
  EXPECT_EQ(outcome_of(background).changes.useless,
            "the snapshot of when it was parked cannot be read: it is no snapshot of this version");
}

TEST_F(BackgroundWalkTest, NamesTheDocumentsWhoseFilesDiffer) {
  std::string const before = walk().serialise();
  std::vector<KeptDocument> const documents{
      document("ws/a.go", "package m\n"),          // as it is
      document("ws/sub/b.go", "package bus\n"),    // as long
      document("ws/sub/c.go", "package sub\n\n"),  // longer
      document("ws/none.go", "package none\n"),   {R"("untitled:1")", 0, checksum("")},
  };
  BackgroundWalk background(request, before, documents);
  std::vector<std::string> differing;
  for (std::size_t i = 1; i < documents.size(); ++i) differing.push_back(documents[i].raw_uri);
  EXPECT_EQ(outcome_of(background).differing_documents, differing);
}

TEST_F(BackgroundWalkTest, AnEmptyDocumentMayBeEqualToAnEmptyFile) {
  write("ws/empty.go", "");
  BackgroundWalk background(request, walk().serialise(), {document("ws/empty.go", "")});
  EXPECT_TRUE(outcome_of(background).differing_documents.empty());
}

}  // namespace
}  // namespace bridge::session
