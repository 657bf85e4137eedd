// Random frames in random pieces, both directions at once, over every pair of ends: each byte that
// arrives is compared with what was sent, which is more than equal hashes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <tuple>

#include "tests/zero_copy/relayed.h"
#include "tests/zero_copy/traffic.h"

namespace bridge::zero_copy {
namespace {

// Each way, each pair. BRIDGE_HASH_MIB=1024 is for the laboratory.
std::size_t stream_bytes(EditorKind editor) {
  if (const char* const text = std::getenv("BRIDGE_HASH_MIB"))
    return std::strtoul(text, nullptr, 10) << 20;
  return (editor == EditorKind::terminal ? 3U : 12U) << 20;
}

std::string const kRequest = R"({"jsonrpc":"2.0","id":1,"method":"last"})";
std::string const kAnswer = R"({"jsonrpc":"2.0","result":null,"id":1})";

std::string framed(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Both in a row.
Frames chain(Frames first, Frames second) {
  return [first = std::move(first), second = std::move(second)](std::string& frame) {
    return first(frame) || second(frame);
  };
}

struct EqualBytes : testing::TestWithParam<std::tuple<EditorKind, ServerKind, Mode>> {};

TEST_P(EqualBytes, BothWaysAtOnce) {
  auto const [editor_kind, server_kind, mode] = GetParam();
  std::size_t const bytes = stream_bytes(editor_kind);
  bool const files = editor_kind == EditorKind::files;
  // A request keeps the session open behind an end of file, which a file has at once, until an
  // answer is out: here the last frame.
  Answers const answers = files ? Answers::none : Answers::some;
  auto const to_server = [&] {
    return chain(these_frames({framed(kRequest)}), random_frames(11, bytes));
  };
  auto const to_editor = [&] {
    return chain(random_frames(22, bytes, answers), these_frames({framed(kAnswer)}));
  };

  Relayed::Settings settings{.editor = editor_kind, .server = server_kind, .mode = mode};
  settings.env = {"GOPLS_BRIDGE_DRAIN_TIMEOUT_MS=60000"};
  if (files) settings.input = to_server();
  Relayed bridge(settings);
  Outgoing editor_writes(to_server(), random_cuts(1));
  Outgoing server_writes(to_editor(), random_cuts(2));
  Incoming server_reads(to_server());
  Incoming editor_reads(to_editor());
  exchange(bridge, {files ? nullptr : &editor_writes, &server_reads, &server_writes,
                    files ? nullptr : &editor_reads});
  EXPECT_EQ(bridge.finish(), (rigs::ExitStatus{0, 0})) << bridge.errors();
  EXPECT_EQ(bridge.errors(), "");
  if (!files) return;

  std::ifstream output(bridge.output_file(), std::ios::binary);
  std::string chunk(1 << 20, '\0');
  while (output.read(chunk.data(), static_cast<std::streamsize>(chunk.size())), output.gcount() > 0)
    editor_reads.compare({chunk.data(), static_cast<std::size_t>(output.gcount())});
  EXPECT_TRUE(editor_reads.done()) << "the file ends after " << editor_reads.read() << " bytes";
}

INSTANTIATE_TEST_SUITE_P(
    Ends, EqualBytes,
    testing::Combine(testing::Values(EditorKind::socketpairs, EditorKind::one_socket,
                                     EditorKind::fifos, EditorKind::terminal, EditorKind::files),
                     testing::Values(ServerKind::held, ServerKind::unix_socket, ServerKind::tcp),
                     testing::Values(Mode::automatic, Mode::off)),
    [](auto const& test) {
      return to_string(std::get<0>(test.param)) + to_string(std::get<1>(test.param)) +
             (std::get<2>(test.param) == Mode::off ? "BufferOnly" : "");
    });

}  // namespace
}  // namespace bridge::zero_copy
