// The editor's end of the gopls benchmark, against scripted servers.
#include "bench/gopls/lsp_peer.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>

#include "bench/process.h"
#include "tests/bench_gopls/cut_stream.h"
#include "tests/rigs/frames.h"

namespace bridge::bench {
namespace {

using rigs::frame;

constexpr const char* kUri = "file:///m/main.go";

LspPeer peer_on(CutStream& cut) {
  kernel::UniqueFd out(::fcntl(cut.ours.get(), F_DUPFD_CLOEXEC, 3));
  return {std::move(cut.ours), std::move(out), "the server", kUri};
}

// All messages that the peer has sent so far.
std::vector<std::string> sent(CutStream& cut) {
  rigs::FrameReader frames;
  std::array<char, 65536> buffer;
  for (;;) {
    ssize_t const got = ::recv(cut.theirs.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got <= 0) break;
    frames.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  std::vector<std::string> bodies;
  while (auto body = frames.next()) bodies.push_back(*body);
  return bodies;
}

std::string diagnostics(const std::string& uri, const std::string& list) {
  return frame(R"({"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":")" +
               uri + R"(","diagnostics":)" + list + "}}");
}

TEST(Peer, FindsItsAnswerAmongAllElseHoweverItIsCut) {
  std::string const stream =
      frame(R"({"jsonrpc":"2.0","method":"window/logMessage","params":{"id":1}})") +
      frame(R"({"jsonrpc":"2.0","result":"another's","id":7})") +
      frame(R"({"jsonrpc":"2.0","method":"x/ask","params":null,"id":1})") +
      frame(R"({"jsonrpc":"2.0","result":{"value":5},"id":1})") +
      frame(R"({"jsonrpc":"2.0","result":6,"id":2})");
  with_every_cut(stream, [](CutStream& cut) {
    LspPeer peer = peer_on(cut);
    EXPECT_EQ(peer.request("a/b", "{}"), R"({"jsonrpc":"2.0","result":{"value":5},"id":1})");
    EXPECT_EQ(peer.request("c/d", "[]"), R"({"jsonrpc":"2.0","result":6,"id":2})");
    EXPECT_EQ(sent(cut),
              (std::vector<std::string>{R"({"jsonrpc":"2.0","id":1,"method":"a/b","params":{}})",
                                        R"({"jsonrpc":"2.0","id":1,"result":null})",
                                        R"({"jsonrpc":"2.0","id":2,"method":"c/d","params":[]})"}));
  });
}

TEST(Peer, AnswersEachConfigurationItemAndKeepsTheIdAsItCame) {
  std::string const stream =
      frame(
          R"({"jsonrpc":"2.0","method":"workspace/configuration","params":{"items":[{"section":"gopls"},{}]},"id":"a-1"})") +
      frame(R"({"jsonrpc":"2.0","result":null,"id":1})");
  CutStream cut({stream});
  LspPeer peer = peer_on(cut);
  peer.request("a/b", "{}");
  EXPECT_EQ(sent(cut).at(1), R"({"jsonrpc":"2.0","id":"a-1","result":[null,null]})");
}

TEST(Peer, WaitsForDiagnosticsOfTheRightFileThatAreNotEmpty) {
  std::string const others =
      diagnostics("file:///m/other.go", R"([{"message":"x"}])") + diagnostics(kUri, "[]");
  {
    CutStream cut({others});
    LspPeer peer = peer_on(cut);
    cut.end();
    EXPECT_THROW(peer.wait_for_diagnostics(), Broken);
  }
  std::string const all = others + diagnostics(kUri, R"([{"message":"x"}])");
  CutStream cut({all});
  LspPeer peer = peer_on(cut);
  auto const before = LspPeer::Clock::now();
  EXPECT_GE(peer.wait_for_diagnostics(), before);
}

TEST(Peer, RemembersDiagnosticsThatCameBeforeAnAnswer) {
  std::string const all = diagnostics(kUri, R"([{"message":"x"}])") +
                          frame(R"({"jsonrpc":"2.0","result":null,"id":1})");
  CutStream cut({all});
  LspPeer peer = peer_on(cut);
  peer.request("a/b", "{}");
  auto const after = LspPeer::Clock::now();
  EXPECT_LE(peer.wait_for_diagnostics(), after);
}

TEST(Peer, SaysWhatIsWrongWithAConnection) {
  auto const complaint = [](std::string_view stream) -> std::string {
    CutStream cut({stream});
    LspPeer peer = peer_on(cut);
    cut.end();
    try {
      peer.request("a/b", "{}");
    } catch (const Broken& broken) {
      return broken.what();
    }
    return "none";
  };
  EXPECT_EQ(complaint("Content-Length: 5\r\n\r\n{"), "the server has closed the connection");
  EXPECT_NE(complaint("goroutine 1 [running]\n").find("the server sent what is no frame"),
            std::string::npos);
}

}  // namespace
}  // namespace bridge::bench
