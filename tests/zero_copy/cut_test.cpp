// Either peer dies at every byte of a header and at a hundred places of a body: what was whole
// before arrives, of the frame that was cut not one byte does, and the exit code says whose end it
// was.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <set>
#include <tuple>

#include "proxy/exit_codes.h"
#include "tests/zero_copy/relayed.h"
#include "tests/zero_copy/traffic.h"

namespace bridge::zero_copy {
namespace {

using rigs::ExitStatus;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

// A whole answer before the frame that is cut.
std::string const& whole() {
  static std::string const frame = frame_with_body(100);
  return frame;
}

struct CutEnds : Ends {
  // Each place is a whole session: a hundred for two pairs, a few for the others. BRIDGE_CUT_PLACES
  // sets another number for all.
  std::size_t places;
};

std::vector<CutEnds> all_ends() {
  if (kSanitized)
    return {{{EditorKind::socketpairs, ServerKind::held, Mode::automatic}, 12},
            {{EditorKind::fifos, ServerKind::unix_socket, Mode::automatic}, 6},
            {{EditorKind::one_socket, ServerKind::tcp, Mode::automatic}, 6},
            {{EditorKind::socketpairs, ServerKind::unix_socket, Mode::off}, 6}};
  std::vector<CutEnds> all;
  for (EditorKind const editor :
       {EditorKind::socketpairs, EditorKind::one_socket, EditorKind::fifos})
    for (ServerKind const server : {ServerKind::held, ServerKind::unix_socket, ServerKind::tcp}) {
      bool const hundred = editor == EditorKind::socketpairs && server != ServerKind::tcp;
      all.push_back({{editor, server, Mode::automatic}, hundred ? 100U : 20U});
      all.push_back({{editor, server, Mode::off}, 6});
    }
  return all;
}

struct Cut : testing::TestWithParam<CutEnds> {
  static Relayed::Settings settings() {
    return {.editor = GetParam().editor, .server = GetParam().server, .mode = GetParam().mode};
  }
  static std::size_t places() {
    if (const char* const text = std::getenv("BRIDGE_CUT_PLACES"))
      return std::strtoul(text, nullptr, 10);
    return GetParam().places;
  }
  // Within the body, the ends and where roads and buffers change among them.
  static std::set<std::size_t> body_places(const std::string& frame) {
    std::size_t const header = frame.find("\r\n\r\n") + 4;
    std::set<std::size_t> all = {header + 1, 32 * kKiB, 64 * kKiB + 1, frame.size() - 1};
    std::size_t const body = frame.size() - header;
    for (std::size_t i = all.size(); i < places(); ++i)
      all.insert(header + 1 + i * (body - 2) / places());
    return all;
  }
  static std::set<std::size_t> header_places(const std::string& frame) {
    std::size_t const header = frame.find("\r\n\r\n") + 4;
    std::set<std::size_t> all;
    std::size_t const step = places() >= 50 ? 1 : 5;
    for (std::size_t at = 0; at < header; at += step) all.insert(at);
    all.insert(header);
    return all;
  }
  // One more way to die: with bytes unread that the bridge has sent, where the kernel says reset
  // instead of end of file.
  static bool unread(std::size_t place) { return place % 2 == 1; }

  static void expect_clean_server_death(const std::string& frame, std::size_t place) {
    SCOPED_TRACE("the server died after " + std::to_string(place) + " of " +
                 std::to_string(frame.size()) + " bytes");
    Relayed bridge(settings());
    if (unread(place)) {
      send_all(bridge.editor.write.get(), frame_with_body(3000));
      wait_readable(bridge.server.read.get(), "the editor's frame");
    }
    send_all(bridge.server.write.get(), whole() + frame.substr(0, place));
    bridge.server.die();
    EXPECT_TRUE(read_to_end(bridge.editor.read.get()) == whole()) << "the editor's stdout";
    EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitNoServer, 0})) << bridge.errors();
    EXPECT_NE(bridge.errors().find(place == 0 ? "closed after" : "closed inside a frame"),
              std::string::npos)
        << bridge.errors();
  }

  static void expect_clean_editor_death(const std::string& frame, std::size_t place) {
    SCOPED_TRACE("the editor died after " + std::to_string(place) + " of " +
                 std::to_string(frame.size()) + " bytes");
    Relayed bridge(settings());
    if (unread(place)) {
      send_all(bridge.server.write.get(), frame_with_body(3000));
      wait_readable(bridge.editor.read.get(), "the server's frame");
    }
    send_all(bridge.editor.write.get(), whole() + frame.substr(0, place));
    bridge.editor.die();
    EXPECT_TRUE(read_to_end(bridge.server.read.get()) == whole()) << "the server's stdin";
    bridge.server.die();
    EXPECT_EQ(bridge.wait_exit(), (ExitStatus{place == 0 ? kExitOk : kExitBadFraming, 0}))
        << bridge.errors();
  }
};

TEST_P(Cut, AServerThatDiesInAHeaderLeavesNothingOfIt) {
  for (std::string const& frame : {frame_with_body(kMiB, 2), frame_with_body(900 * kKiB, 3)})
    for (std::size_t const place : header_places(frame)) expect_clean_server_death(frame, place);
}

TEST_P(Cut, AServerThatDiesInABodyOf1MiBLeavesNothingOfIt) {
  std::string const frame = frame_with_body(kMiB, 2);
  for (std::size_t const place : body_places(frame)) expect_clean_server_death(frame, place);
}

TEST_P(Cut, AServerThatDiesInABodyOf900KiBLeavesNothingOfIt) {
  std::string const frame = frame_with_body(900 * kKiB, 3);
  for (std::size_t const place : body_places(frame)) expect_clean_server_death(frame, place);
}

TEST_P(Cut, AnEditorThatDiesInAHeaderLeavesNothingOfIt) {
  for (std::string const& frame : {frame_with_body(kMiB, 2), frame_with_body(900 * kKiB, 3)})
    for (std::size_t const place : header_places(frame)) expect_clean_editor_death(frame, place);
}

TEST_P(Cut, AnEditorThatDiesInABodyOf1MiBLeavesNothingOfIt) {
  std::string const frame = frame_with_body(kMiB, 2);
  for (std::size_t const place : body_places(frame)) expect_clean_editor_death(frame, place);
}

TEST_P(Cut, AnEditorThatDiesInABodyOf900KiBLeavesNothingOfIt) {
  std::string const frame = frame_with_body(900 * kKiB, 3);
  for (std::size_t const place : body_places(frame)) expect_clean_editor_death(frame, place);
}

// Whole frames of every size in front of the one that is cut.
TEST_P(Cut, AllThatWasWholeBeforeArrives) {
  std::string before;
  std::uint32_t seed = 1;
  for (std::size_t const size : {std::size_t{1}, 40 * kKiB, kMiB, 200 * kKiB, std::size_t{77}})
    before += frame_with_body(size, seed++);
  std::string const cut = frame_with_body(300 * kKiB).substr(0, 250 * kKiB);
  {
    Relayed bridge(settings());
    Outgoing server_writes(these_frames({before, cut}), cuts_of(64 * kKiB));
    Incoming editor_reads(these_frames({before}));
    exchange(bridge, {.server_writes = &server_writes, .editor_reads = &editor_reads});
    bridge.server.die();
    EXPECT_EQ(read_to_end(bridge.editor.read.get()).size(), 0U);
    EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitNoServer, 0})) << bridge.errors();
  }
  Relayed bridge(settings());
  Outgoing editor_writes(these_frames({before, cut}), cuts_of(64 * kKiB));
  Incoming server_reads(these_frames({before}));
  exchange(bridge, {.editor_writes = &editor_writes, .server_reads = &server_reads});
  bridge.editor.die();
  EXPECT_EQ(read_to_end(bridge.server.read.get()).size(), 0U);
  bridge.server.die();
  EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitBadFraming, 0})) << bridge.errors();
}

// A peer is gone that is being written to: the bridge ends, and in time.
TEST_P(Cut, AReaderThatDiesInsideAFrameEndsTheSession) {
  for (std::size_t const size : {40 * kKiB, 900 * kKiB, kMiB, 3 * kMiB}) {
    for (std::size_t const read : {std::size_t{1}, size / 2}) {
      SCOPED_TRACE("died after reading " + std::to_string(read) + " of " + std::to_string(size));
      std::string const frame = frame_with_body(size);
      {
        Relayed bridge(settings());
        Outgoing server_writes(these_frames({frame}), cuts_of(frame.size()));
        Incoming editor_reads(these_frames({frame.substr(0, read)}), Behind::leave);
        exchange_until(editor_reads, bridge,
                       {.server_writes = &server_writes, .editor_reads = &editor_reads});
        bridge.editor.die();
        EXPECT_EQ(read_to_end(bridge.server.read.get()), "");
        bridge.server.die();
        EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitOk, 0})) << bridge.errors();
      }
      Relayed bridge(settings());
      send_all(bridge.server.write.get(), whole());
      EXPECT_TRUE(read_exactly(bridge.editor.read.get(), whole().size()) == whole());
      Outgoing editor_writes(these_frames({frame}), cuts_of(frame.size()));
      Incoming server_reads(these_frames({frame.substr(0, read)}), Behind::leave);
      exchange_until(server_reads, bridge,
                     {.editor_writes = &editor_writes, .server_reads = &server_reads});
      bridge.server.die();
      EXPECT_EQ(read_to_end(bridge.editor.read.get()), "");
      EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitNoServer, 0})) << bridge.errors();
    }
  }
}

// Beyond 1 MiB a frame may be passed on before it is whole. Then the end says so.
TEST_P(Cut, AFrameBeyond1MiBIsCutAtMostAndTheEndSaysSo) {
  std::string const frame = frame_with_body(3 * kMiB);
  for (std::size_t const place : {kMiB / 2, kMiB + 100 * kKiB, 2 * kMiB, frame.size() - 1}) {
    SCOPED_TRACE("cut after " + std::to_string(place));
    std::string const sent = whole() + frame.substr(0, place);
    auto const expect_beginning = [&](const std::string& got) {
      EXPECT_GE(got.size(), whole().size());
      EXPECT_TRUE(std::string_view(sent).starts_with(got));
    };
    {
      Relayed bridge(settings());
      auto got = std::async(std::launch::async, read_to_end, bridge.editor.read.get());
      send_all(bridge.server.write.get(), sent);
      bridge.server.die();
      expect_beginning(got.get());
      EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitNoServer, 0})) << bridge.errors();
      EXPECT_NE(bridge.errors().find("inside a frame"), std::string::npos) << bridge.errors();
    }
    Relayed bridge(settings());
    auto got = std::async(std::launch::async, read_to_end, bridge.server.read.get());
    send_all(bridge.editor.write.get(), sent);
    bridge.editor.die();
    expect_beginning(got.get());
    bridge.server.die();
    EXPECT_EQ(bridge.wait_exit(), (ExitStatus{kExitBadFraming, 0})) << bridge.errors();
    EXPECT_NE(bridge.errors().find("inside a frame"), std::string::npos) << bridge.errors();
  }
}

INSTANTIATE_TEST_SUITE_P(Ends, Cut, testing::ValuesIn(all_ends()),
                         [](auto const& test) { return to_string(test.param); });

}  // namespace
}  // namespace bridge::zero_copy
