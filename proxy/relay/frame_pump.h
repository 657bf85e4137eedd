// Moves frames in one direction: out of a source, past the gate, into a sink. A frame leaves whole
// or not at all: header and body in one write, also where the peer sent two.
//
// There are two roads. Most frames are read into a buffer and written from it. Large ones wait in a
// pipe until they are complete, and the kernel moves them there and on without copying; the pump
// then sees only their ends. It takes that road where source and sink can splice, a pipe is to be
// had and neither gate nor tap needs the body, and leaves it in the middle of a frame where the
// kernel refuses: the bytes are the same.
//
// Entirely passive: the session tells it when its ends may be ready, and asks what it waits for
// next. It never blocks, knows no clock but the observer's, and logs nothing. Backpressure follows
// from its state: while the sink is full nothing is read, so at most one buffer is held.
//
// Source, sink, gate, observer, tap and pipes must outlive the pump. Not safe against calls from
// the gate or observer back into the same pump, except release() and inject(), which take effect
// afterwards.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "framing/envelope.h"
#include "framing/frame_scanner.h"
#include "framing/limits.h"
#include "proxy/relay/channel.h"
#include "proxy/relay/direction.h"
#include "proxy/relay/frame_gate.h"
#include "proxy/relay/large_frame.h"
#include "proxy/relay/pipe_pool.h"
#include "proxy/relay/pump_end.h"
#include "proxy/relay/receive_buffer.h"
#include "proxy/relay/relay_observer.h"

namespace bridge::relay {

class FramePump {
 public:
  struct Options {
    framing::Limits limits;
    framing::BareText bare_text = framing::BareText::refuse;
    PipePool* pipes = nullptr;  // none: every frame goes through the buffer
  };

  FramePump(Direction direction, Source& source, Sink& sink, FrameGate& gate, Options options);
  FramePump(const FramePump&) = delete;
  FramePump& operator=(const FramePump&) = delete;

  void observe(RelayObserver* observer) noexcept { observer_ = observer; }
  void tap(FrameTap* tap) noexcept { tap_ = tap; }

  // The source may have bytes: one read, and what it completed is written at once. A second read
  // would nearly always find nothing: it is left to the next readiness.
  void on_source_ready();
  // The sink may take bytes again.
  void on_sink_ready();
  // The sink's reader hung up. Nothing more can be delivered.
  void on_sink_hangup();

  // What to wait for. Derived from the state, so neither can be forgotten.
  bool wants_source() const noexcept {
    return !end_ && !source_over_ && !blocked_ && !held_ && !faulted_;
  }
  bool wants_sink() const noexcept { return blocked_ && !sink_over(); }

  // Set once, after everything that could be delivered was delivered.
  const std::optional<PumpEnd>& end() const noexcept { return end_; }

  // Lets the held frame through to the gate again.
  void release();
  bool holding() const noexcept { return held_; }

  // A whole frame of ours leaves at the next frame boundary, also after the source has ended.
  void inject(std::string_view frame);

  // From now on frames are read, shown to the gate and dropped: for a sink that is gone while its
  // source must still be listened to. Lifts an end whose reason was the sink.
  void discard_output();

  // Goes on with another sink, after `first`. For a server that was lost before it answered
  // anything: `first` is all that the gate had passed. Bytes not yet shown to the gate are kept.
  void restart(Sink& sink, std::string_view first);

  // Goes on with another source. What the gate has passed still leaves; what the last source left
  // unfinished, or was not shown to the gate yet, is dropped.
  void resume(Source& source);

  // What the source gave and the gate has not been shown: for whoever reads on in our place.
  // nullopt: part of it is in a pipe or half sent; another time. Valid until the next call.
  std::optional<std::string_view> unread() const noexcept {
    if (large_) return std::nullopt;
    return buffer_.view().substr(out_end_ + skip_);
  }

  std::uint64_t received_bytes() const noexcept { return received_bytes_; }
  // Bytes that the sink has taken since the start or the last restart().
  std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }
  // Whether everything that left so far left whole, and nothing is waiting to leave.
  bool idle() const noexcept {
    return out_begin_ == out_end_ && injected_.empty() && !(large_ && large_->leaving);
  }

 private:
  // Frames that leave in one write; more wait for the next. Bounds what is remembered for the
  // observer, and 16 small frames fill a segment of the kernel's buffers anyway.
  static constexpr std::size_t kFramesPerWriteMax = 16;
  // Up to here the editor's frames are read exactly. The messages that a guard acts on have no
  // parameters: nothing that means to be one is a tenth as long.
  static constexpr std::size_t kExactBytesMax = 4096;
  // After a large frame so many are looked at before they are read: large ones come in runs
  // (completion lists, semantic tokens), and a look costs a system call.
  static constexpr int kLooksAfterLarge = 16;
  // A header and the head of a body.
  static constexpr std::size_t kLookBytes = 512;

  struct Waiting {
    framing::Envelope envelope;
    std::size_t offset;  // in view()
    std::size_t header_size;
    std::size_t size;
  };

  bool sink_over() const noexcept {
    return end_ &&
           (end_->reason == EndReason::sink_closed || end_->reason == EndReason::sink_failed);
  }
  bool may_take_pipe() const noexcept;
  bool take_pipe();
  void fill_pipe();
  void read_once();
  bool read_into(std::span<char> room);
  bool received(Transfer got);
  void deliver();
  bool flush();
  bool empty_pipe();
  bool pipe_into_buffer();
  void collect();
  bool decide_large();
  void forget_large();
  bool write(std::string_view bytes, std::size_t& done);
  void sent_whole();
  void seen(const FrameSeen& frame);
  void note_size(std::size_t frame_bytes);
  void finish(PumpEnd end);

  const Direction direction_;
  Source* source_;
  Sink* sink_;
  FrameGate& gate_;
  RelayObserver* observer_ = nullptr;
  FrameTap* tap_ = nullptr;
  PipePool* pipes_;

  const Options options_;
  framing::FrameScanner scanner_;
  ReceiveBuffer buffer_;

  // view() = [ out_begin_ .. out_end_ ) leaves now, skip_ bytes behind it never do, the rest has
  // not been shown to the gate.
  std::size_t out_begin_ = 0;
  std::size_t out_end_ = 0;
  std::size_t skip_ = 0;
  std::string injected_;  // leaves after [out_begin_, out_end_)
  std::size_t injected_done_ = 0;
  std::size_t frame_size_ = 0;  // of the frame that is being received, once its header is in

  // While it is set, the buffer holds the end of this frame and nothing else.
  std::optional<LargeFrame> large_;
  int looks_left_ = 0;
  bool by_buffer_ = false;  // the frame that is being received is not for a pipe

  std::array<Waiting, kFramesPerWriteMax> waiting_;
  std::size_t waiting_count_ = 0;
  Clock::time_point received_{};

  bool blocked_ = false;                    // the sink said would_block
  bool held_ = false;                       // the gate said hold
  std::optional<framing::Scan> undecided_;  // the held frame: scanned, not yet let through
  bool discarding_ = false;
  bool delivering_ = false;
  std::optional<PumpEnd> source_over_;  // delivered when all before it has left
  std::optional<PumpEnd> faulted_;
  std::optional<PumpEnd> end_;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace bridge::relay
