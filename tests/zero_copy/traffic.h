// What the two peers write, and the check that it arrives byte for byte: each stream of frames is
// known from its seed, so the reader makes it again and compares as it reads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/zero_copy/relayed.h"

namespace bridge::zero_copy {

// A message whose body, or whose whole frame, has this size; what kind of message depends on the
// seed, 1 is a notification. Smaller bodies than a message can be are a number.
std::string frame_with_body(std::size_t body_size, std::uint32_t seed = 1);
std::string frame_of(std::size_t frame_size, std::uint32_t seed = 1);

// Gives the next frame of a stream into `frame`; false at its end.
using Frames = std::function<bool(std::string& frame)>;
// Frames of 1 B to 3 MiB in random order, the sizes at which something changes among them, until at
// least `bytes` are reached.
enum class Answers : std::uint8_t { some, none };
Frames random_frames(std::uint32_t seed, std::size_t bytes, Answers answers = Answers::some);
// Frames with bodies of `least` to `most` bytes.
Frames frames_between(std::uint32_t seed, std::size_t bytes, std::size_t least, std::size_t most);
Frames these_frames(std::vector<std::string> frames);

// How a peer cuts its stream: the size of the piece that is written at `at` of a frame.
using Cuts = std::function<std::size_t(const std::string& frame, std::size_t at)>;
Cuts random_cuts(std::uint32_t seed);  // whole, header apart, anywhere, crumbs
Cuts cuts_of(std::size_t size);

class Outgoing {
 public:
  Outgoing(Frames frames, Cuts cuts) : frames_(std::move(frames)), cuts_(std::move(cuts)) {
    next_frame();
  }
  bool done() const { return over_; }
  std::size_t written() const { return written_; }
  // One write of at most one piece; false when nothing was taken. Throws when the reader is gone.
  bool write_once(int fd);

 private:
  void next_frame();
  Frames frames_;
  Cuts cuts_;
  std::string frame_;
  std::size_t at_ = 0;
  std::size_t piece_ = 0;  // what is left of the piece that was cut last
  std::size_t written_ = 0;
  bool over_ = false;
};

// Whether a reader takes what is there, or leaves what lies behind the frame it reads.
enum class Behind : std::uint8_t { take, leave };

class Incoming {
 public:
  explicit Incoming(Frames frames, Behind behind = Behind::take,
                    std::size_t read_bytes_max = 256 * 1024)
      : frames_(std::move(frames)), behind_(behind), read_bytes_max_(read_bytes_max) {
    next_frame();
  }
  bool done() const { return over_; }
  std::size_t read() const { return read_; }
  // One read, compared; false when there was nothing. Throws where a byte differs, at an early end
  // of file, and at bytes beyond the last frame.
  bool read_once(int fd);
  void compare(std::string_view bytes);

 private:
  void next_frame();
  Frames frames_;
  Behind behind_;
  std::size_t read_bytes_max_;  // with one read
  std::string frame_;
  std::size_t at_ = 0;
  std::size_t read_ = 0;
  bool over_ = false;
};

// Who takes part; null: does not write, or does not read.
struct Traffic {
  Outgoing* editor_writes = nullptr;
  Incoming* server_reads = nullptr;
  Outgoing* server_writes = nullptr;
  Incoming* editor_reads = nullptr;
};

// Moves until all who take part are done. Throws when nothing moves for too long.
void exchange(const Relayed& bridge, const Traffic& traffic);
// Moves until this one is done, whatever the others have left.
void exchange_until(const Incoming& done, const Relayed& bridge, const Traffic& traffic);
// Moves until nothing has moved for `quiet`: false. True when all were done before.
bool exchange_until_quiet(const Relayed& bridge, const Traffic& traffic,
                          std::chrono::milliseconds quiet);

}  // namespace bridge::zero_copy
