// Whole sessions' worth of bytes over every kind of end, both ways at once, each byte compared.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string_view>
#include <thread>

#include "proxy/relay/zero_copy.h"
#include "tests/relay/relay_loop.h"
#include "tests/relay/stdio_ends.h"

namespace bridge::relay {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStreamBytes = 64UL << 20;
#else
constexpr std::size_t kStreamBytes = 1UL << 30;
#endif

// A deterministic stream of frames: who knows the seed can produce it and check it.
class FrameStream {
 public:
  explicit FrameStream(std::uint32_t seed) : random_(seed) {
    std::uniform_int_distribution<int> letter('a', 'z');
    pool_.resize(1 << 22);
    std::mt19937 pool_random(1);
    for (char& c : pool_) c = static_cast<char>(letter(pool_random));
  }

  // The next frame: mostly small, as between editors and servers, some large, a few beyond a pipe.
  std::string next() {
    std::size_t const exponent = std::uniform_int_distribution<std::size_t>(5, 21)(random_);
    std::size_t const size =
        std::uniform_int_distribution<std::size_t>(1, std::size_t{1} << exponent)(random_);
    std::size_t const offset =
        std::uniform_int_distribution<std::size_t>(0, pool_.size() - size)(random_);
    // In turn: an id in front (VS Code), behind (gopls), none, and a form whose ends do not tell.
    static constexpr std::array<std::array<std::string_view, 2>, 4> kForms = {{
        {R"({"jsonrpc":"2.0","id":7,"method":"x","params":{"a":")", R"("}})"},
        {R"({"jsonrpc":"2.0","result":{"a":")", R"("},"id":7})"},
        {R"({"jsonrpc":"2.0","method":"x","params":{"a":")", R"("}})"},
        {R"({"jsonrpc":"2.0","method":"x","params":")", R"("})"},
    }};
    auto const& [begin, end] = kForms[random_() % kForms.size()];
    std::string body(begin);
    body.append(pool_, offset, size);
    body += end;
    return "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

 private:
  std::mt19937 random_;
  std::string pool_;
};

// Blocking peers, as an editor and a server are seen from here.
void write_stream(kernel::UniqueFd fd, std::uint32_t seed) {
  FrameStream stream(seed);
  std::mt19937 random(seed + 1);
  for (std::size_t sent = 0; sent < kStreamBytes;) {
    std::string const frame = stream.next();
    sent += frame.size();
    // Header and body apart, as VS Code and gopls do, or cut anywhere.
    std::size_t cut = frame.find('{');
    if (random() % 4 == 0) cut = random() % frame.size();
    for (std::string_view piece :
         {std::string_view(frame).substr(0, cut), std::string_view(frame).substr(cut)}) {
      while (!piece.empty()) {
        ssize_t const size = ::write(fd.get(), piece.data(), piece.size());
        ASSERT_GT(size, 0);
        piece.remove_prefix(static_cast<std::size_t>(size));
      }
    }
  }
}

void expect_stream(kernel::UniqueFd fd, std::uint32_t seed) {
  FrameStream stream(seed);
  std::string chunk(1 << 18, '\0');
  std::string expected;
  std::size_t at = 0;
  std::size_t total = 0;
  for (;;) {
    ssize_t const size = ::read(fd.get(), chunk.data(), chunk.size());
    ASSERT_GE(size, 0);
    if (size == 0) break;
    std::string_view got(chunk.data(), static_cast<std::size_t>(size));
    total += got.size();
    while (!got.empty()) {
      if (at == expected.size()) {
        expected = stream.next();
        at = 0;
      }
      std::size_t const common = std::min(got.size(), expected.size() - at);
      ASSERT_EQ(std::memcmp(got.data(), expected.data() + at, common), 0)
          << "differs within the last " << common << " of " << total << " bytes";
      got.remove_prefix(common);
      at += common;
    }
  }
  EXPECT_EQ(at, expected.size()) << "ended inside a frame";
  EXPECT_GE(total, kStreamBytes);
}

struct RelayEnds : testing::TestWithParam<std::tuple<PairKind, PairKind, ZeroCopy>> {};

TEST_P(RelayEnds, BothDirectionsArriveByteForByte) {
  auto const [editor_kind, server_kind, zero_copy] = GetParam();
  PipePool pipes;
  OneWay from_editor = make_one_way(editor_kind);
  OneWay to_editor = make_one_way(editor_kind);
  OneWay from_server = make_one_way(server_kind);
  OneWay to_server = make_one_way(server_kind);

  RelayLoop loop({DescriptorSource::inherit(from_editor.read.get()).value(),
                  DescriptorSink::inherit(to_editor.write.get()).value(),
                  DescriptorSource::own(std::move(from_server.read)).value(),
                  DescriptorSink::own(std::move(to_server.write)).value()},
                 {.limits = {}, .pipes = zero_copy == ZeroCopy::on ? &pipes : nullptr});
  from_editor.read.reset();
  to_editor.write.reset();
  std::thread editor_writer(write_stream, std::move(from_editor.write), 11);
  std::thread editor_reader(expect_stream, std::move(to_editor.read), 22);
  std::thread server_writer(write_stream, std::move(from_server.write), 22);
  std::thread server_reader(expect_stream, std::move(to_server.read), 11);
  loop.run();
  editor_writer.join();
  editor_reader.join();
  server_writer.join();
  server_reader.join();
  EXPECT_EQ(loop.to_server.end()->reason, EndReason::source_closed);
  EXPECT_EQ(loop.to_editor.end()->reason, EndReason::source_closed);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RelayEnds,
    testing::Values(std::tuple{PairKind::socketpair, PairKind::socketpair, ZeroCopy::on},
                    std::tuple{PairKind::fifo, PairKind::socketpair, ZeroCopy::on},
                    std::tuple{PairKind::socketpair, PairKind::tcp, ZeroCopy::on},
                    std::tuple{PairKind::fifo, PairKind::tcp, ZeroCopy::on},
                    std::tuple{PairKind::tcp, PairKind::fifo, ZeroCopy::on},
                    std::tuple{PairKind::socketpair, PairKind::socketpair, ZeroCopy::off},
                    std::tuple{PairKind::tcp, PairKind::fifo, ZeroCopy::off}),
    [](auto const& test) {
      return to_string(std::get<0>(test.param)) + "To" + to_string(std::get<1>(test.param)) +
             (std::get<2>(test.param) == ZeroCopy::on ? "Spliced" : "Copied");
    });

}  // namespace
}  // namespace bridge::relay
