#include "tests/zero_copy/traffic.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace bridge::zero_copy {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
// What stands around a body's filling. The relay takes other roads by it: whether the ends of a
// large frame tell what it is, and whether its id stands in front, behind, or nowhere.
struct Shape {
  std::string_view head, tail;
};
constexpr Shape kNotification = {R"({"jsonrpc":"2.0","method":"x","params":{"t":")", R"("}})"};
constexpr Shape kIdInFront = {R"({"jsonrpc":"2.0","id":7,"result":{"t":")", R"("}})"};
constexpr Shape kIdBehind = {R"({"jsonrpc":"2.0","result":")", R"(","id":7})"};  // as gopls
constexpr Shape kUnclearEnd = {R"({"jsonrpc":"2.0","method":"x","params":")", R"("})"};
constexpr Shape kMethodBehind = {R"({"params":{"t":")",
                                 R"("},"jsonrpc":"2.0","method":"x"})"};  // as Neovim
// By the seed.
constexpr std::array kShapes = {kIdInFront,    kNotification, kIdInFront,  kIdBehind,
                                kNotification, kIdBehind,     kUnclearEnd, kMethodBehind};

// What fills the bodies: every byte that may stand in a JSON string as it is, so that a byte that
// is changed on the way, as a terminal would, is seen.
std::string const& filling() {
  static std::string const bytes = [] {
    std::string alphabet;
    for (int byte = 0x20; byte < 0x100; ++byte)
      if (byte != '"' && byte != '\\') alphabet += static_cast<char>(byte);
    std::string made(4 * kMiB, '\0');
    std::minstd_rand random(7);
    for (char& byte : made) byte = alphabet[random() % alphabet.size()];
    return made;
  }();
  return bytes;
}

std::string header_of(std::size_t body_size) {
  return "Content-Length: " + std::to_string(body_size) + "\r\n\r\n";
}

void make_frame(std::size_t body_size, std::uint32_t seed, std::string& frame) {
  frame = header_of(body_size);
  auto const [head, tail] = kShapes[seed % kShapes.size()];
  if (body_size < head.size() + tail.size()) {
    frame.append(body_size, static_cast<char>('1' + seed % 9));
    return;
  }
  std::size_t const filled = body_size - head.size() - tail.size();
  frame += head;
  frame.append(filling(), seed * std::size_t{2654435761} % (filling().size() - filled), filled);
  frame += tail;
}

// Where a buffer, a socket's or the pipe's capacity ends, or the road changes.
constexpr std::array kEdges = {
    std::size_t{1}, 32 * kKiB - 1,    32 * kKiB,       32 * kKiB + 1, 64 * kKiB - 1,
    64 * kKiB,      64 * kKiB + 1,    kMiB - 1,        kMiB,          kMiB + 1,
    900 * kKiB,     kMiB + 64 * kKiB, 2 * kMiB + kKiB, 3 * kMiB};

std::size_t random_body_size(std::mt19937& random) {
  if (random() % 3 == 0) {
    std::size_t const size = kEdges[random() % kEdges.size()];
    // The same size as a body and as a frame.
    if (size > kKiB && random() % 2 == 0) return size - header_of(size).size();
    return size;
  }
  // As many of 1 KiB as of 1 MiB, or the large ones would be all there is to see.
  std::size_t const exponent = std::uniform_int_distribution<std::size_t>(0, 20)(random);
  return std::uniform_int_distribution<std::size_t>(1, std::size_t{3} << exponent)(random);
}

}  // namespace

std::string frame_with_body(std::size_t body_size, std::uint32_t seed) {
  std::string frame;
  make_frame(body_size, seed, frame);
  return frame;
}

std::string frame_of(std::size_t frame_size, std::uint32_t seed) {
  for (std::size_t body = frame_size - std::min<std::size_t>(frame_size, 40); body < frame_size;
       ++body)
    if (header_of(body).size() + body == frame_size) return frame_with_body(body, seed);
  throw std::logic_error("no frame has " + std::to_string(frame_size) + " bytes");
}

Frames random_frames(std::uint32_t seed, std::size_t bytes, Answers answers) {
  return [=, random = std::mt19937(seed), made = std::size_t{0}](std::string& frame) mutable {
    if (made >= bytes) return false;
    std::size_t const size = random_body_size(random);
    auto shape = static_cast<std::uint32_t>(random());
    if (answers == Answers::none) shape = (shape | 7) ^ 6;  // kNotification
    make_frame(size, shape, frame);
    made += frame.size();
    return true;
  };
}

Frames frames_between(std::uint32_t seed, std::size_t bytes, std::size_t least, std::size_t most) {
  return [=, random = std::mt19937(seed), made = std::size_t{0}](std::string& frame) mutable {
    if (made >= bytes) return false;
    auto const size = std::uniform_int_distribution<std::size_t>(least, most)(random);
    make_frame(size, static_cast<std::uint32_t>(random()), frame);
    made += frame.size();
    return true;
  };
}

Frames these_frames(std::vector<std::string> frames) {
  auto const all = std::make_shared<std::vector<std::string>>(std::move(frames));
  return [all, at = std::size_t{0}](std::string& frame) mutable {
    if (at == all->size()) return false;
    frame = (*all)[at++];
    return true;
  };
}

Cuts random_cuts(std::uint32_t seed) {
  return [random = std::mt19937(seed), crumbs = 0](const std::string& frame,
                                                   std::size_t at) mutable -> std::size_t {
    std::size_t const left = frame.size() - at;
    if (crumbs > 0) {
      --crumbs;
      return 1 + random() % 200;
    }
    std::size_t const body = frame.find("\r\n\r\n") + 4;
    switch (random() % 8) {
      case 0:
        return left;
      case 1:
        return 1 + random() % left;
      case 2:
        return 1 + random() % (64 * kKiB);
      case 3:
        crumbs = 20;
        return 1;
      default:  // as VS Code and gopls write
        return at < body ? body - at : left;
    }
  };
}

Cuts cuts_of(std::size_t size) {
  return [size](const std::string&, std::size_t) { return size; };
}

void Outgoing::next_frame() {
  at_ = piece_ = 0;
  over_ = !frames_(frame_);
}

bool Outgoing::write_once(int fd) {
  if (over_) return false;
  if (piece_ == 0) piece_ = std::min(cuts_(frame_, at_), frame_.size() - at_);
  ssize_t const taken = ::write(fd, frame_.data() + at_, piece_);
  if (taken < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    throw std::system_error(errno, std::generic_category(),
                            "write after " + std::to_string(written_) + " bytes");
  }
  at_ += static_cast<std::size_t>(taken);
  piece_ -= static_cast<std::size_t>(taken);
  written_ += static_cast<std::size_t>(taken);
  if (at_ == frame_.size()) next_frame();
  return true;
}

void Incoming::next_frame() {
  at_ = 0;
  over_ = !frames_(frame_);
}

void Incoming::compare(std::string_view bytes) {
  while (!bytes.empty()) {
    if (over_)
      throw std::runtime_error(std::to_string(bytes.size()) +
                               " bytes beyond the last frame, after " + std::to_string(read_));
    std::size_t const common = std::min(bytes.size(), frame_.size() - at_);
    if (std::memcmp(bytes.data(), frame_.data() + at_, common) != 0)
      throw std::runtime_error("differs after " + std::to_string(read_) + " bytes, within " +
                               std::to_string(common) + " bytes at " + std::to_string(at_) +
                               " of a frame of " + std::to_string(frame_.size()));
    bytes.remove_prefix(common);
    at_ += common;
    read_ += common;
    if (at_ == frame_.size()) next_frame();
  }
}

bool Incoming::read_once(int fd) {
  static std::vector<char> chunk;
  chunk.resize(std::max(chunk.size(), read_bytes_max_));
  std::size_t const size =
      behind_ == Behind::take ? read_bytes_max_ : std::min(read_bytes_max_, frame_.size() - at_);
  ssize_t const got = ::read(fd, chunk.data(), size);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got <= 0)
    throw std::runtime_error("ended after " + std::to_string(read_) + " bytes, at " +
                             std::to_string(at_) + " of a frame of " +
                             std::to_string(frame_.size()));
  compare({chunk.data(), static_cast<std::size_t>(got)});
  return true;
}

namespace {

bool move(const Relayed& bridge, const Traffic& traffic, std::chrono::milliseconds quiet,
          const Incoming* enough) {
  auto const [editor_writes, server_reads, server_writes, editor_reads] = traffic;
  for (;;) {
    if (enough != nullptr && enough->done()) return true;
    // poll() skips negative descriptors.
    auto const of = [](auto const* who, const kernel::UniqueFd& fd) {
      return who != nullptr && !who->done() ? fd.get() : -1;
    };
    pollfd set[4] = {{of(editor_writes, bridge.editor.write), POLLOUT, 0},
                     {of(server_reads, bridge.server.read), POLLIN, 0},
                     {of(server_writes, bridge.server.write), POLLOUT, 0},
                     {of(editor_reads, bridge.editor.read), POLLIN, 0}};
    if (std::all_of(std::begin(set), std::end(set), [](pollfd const& one) { return one.fd < 0; }))
      return true;
    int const ready = ::poll(set, 4, static_cast<int>(quiet.count()));
    if (ready == 0) return false;
    if (ready < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (set[0].revents != 0) editor_writes->write_once(set[0].fd);
    if (set[1].revents != 0) server_reads->read_once(set[1].fd);
    if (set[2].revents != 0) server_writes->write_once(set[2].fd);
    if (set[3].revents != 0) editor_reads->read_once(set[3].fd);
  }
}

[[noreturn]] void fail_stuck(const Relayed& bridge, const Traffic& traffic) {
  std::string text = "nothing moves:";
  if (traffic.editor_writes != nullptr)
    text += " editor wrote " + std::to_string(traffic.editor_writes->written());
  if (traffic.server_reads != nullptr)
    text += " server read " + std::to_string(traffic.server_reads->read());
  if (traffic.server_writes != nullptr)
    text += " server wrote " + std::to_string(traffic.server_writes->written());
  if (traffic.editor_reads != nullptr)
    text += " editor read " + std::to_string(traffic.editor_reads->read());
  throw std::runtime_error(text + "; the bridge's stderr: " + bridge.errors());
}

}  // namespace

void exchange(const Relayed& bridge, const Traffic& traffic) {
  if (!move(bridge, traffic, rigs::kWaitMax, nullptr)) fail_stuck(bridge, traffic);
}

void exchange_until(const Incoming& done, const Relayed& bridge, const Traffic& traffic) {
  if (!move(bridge, traffic, rigs::kWaitMax, &done)) fail_stuck(bridge, traffic);
}

bool exchange_until_quiet(const Relayed& bridge, const Traffic& traffic,
                          std::chrono::milliseconds quiet) {
  return move(bridge, traffic, quiet, nullptr);
}

}  // namespace bridge::zero_copy
