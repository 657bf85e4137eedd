#include "proxy/relay/frame_pump.h"

#include <cerrno>
#include <utility>

namespace bridge::relay {
namespace {

// On AF_UNIX a peer that closes with unread input gives us its data and then ECONNRESET where one
// expects an end of file. At a frame boundary that is a close like any other.
bool is_close(int error) { return error == ECONNRESET || error == EPIPE; }

}  // namespace

FramePump::FramePump(Direction direction, Source& source, Sink& sink, FrameGate& gate,
                     Options options)
    : direction_(direction),
      source_(source),
      sink_(&sink),
      gate_(gate),
      scanner_(options.limits, options.bare_text) {}

void FramePump::on_source_ready() {
  if (!wants_source()) return;
  read_once();
  deliver();
}

void FramePump::on_sink_ready() {
  if (!wants_sink()) return;
  blocked_ = false;
  deliver();
}

void FramePump::on_sink_hangup() {
  if (discarding_ || sink_over()) return;
  finish({.reason = EndReason::sink_closed});
}

void FramePump::release() {
  if (!held_) return;
  held_ = false;
  deliver();
}

void FramePump::inject(std::string_view frame) {
  if (sink_over()) return;
  injected_ += frame;
  deliver();
}

void FramePump::discard_output() {
  discarding_ = true;
  blocked_ = false;
  if (sink_over()) end_.reset();
  deliver();
}

void FramePump::restart(Sink& sink, std::string_view first) {
  sink_ = &sink;
  discarding_ = false;
  blocked_ = false;
  sent_bytes_ = 0;
  if (sink_over()) end_.reset();
  buffer_.consume(out_end_ + skip_);
  out_begin_ = out_end_ = skip_ = 0;
  waiting_count_ = 0;
  injected_.assign(first);
  injected_done_ = 0;
  deliver();
}

void FramePump::read_once() {
  Transfer const got = source_.read_some(buffer_.room(frame_size_));
  switch (got.status) {
    case Transfer::Status::ok:
      buffer_.commit(got.bytes);
      received_bytes_ += got.bytes;
      if (observer_ != nullptr) received_ = Clock::now();
      return;
    case Transfer::Status::would_block:
      return;
    case Transfer::Status::end_of_file:
      source_over_ = PumpEnd{.reason = EndReason::source_closed};
      return;
    case Transfer::Status::failed:
      source_over_ = PumpEnd{
          .reason = is_close(got.error) ? EndReason::source_closed : EndReason::source_failed,
          .error = got.error};
      return;
  }
}

// Sends what has been decided, decides about what has come, until one of the two runs out.
void FramePump::deliver() {
  if (delivering_ || sink_over() || blocked_) return;
  delivering_ = true;
  while (flush()) {
    if (held_ || faulted_ || end_) break;
    collect();
    if (idle() && skip_ == 0) break;
  }
  delivering_ = false;
  if (end_ || blocked_ || held_) return;
  if (faulted_) return finish(*faulted_);
  if (source_over_) {
    PumpEnd end = *source_over_;
    if (end.reason == EndReason::source_closed) {
      if (!buffer_.empty()) {
        end.reason = EndReason::source_cut;
      } else {
        end.error = 0;
      }
    }
    finish(end);
  }
}

// True when nothing is left to send; false when the sink is full or gone.
bool FramePump::flush() {
  if (out_begin_ != out_end_) {
    std::size_t done = 0;
    bool const all = write(buffer_.view().substr(out_begin_, out_end_ - out_begin_), done);
    out_begin_ += done;
    if (!all) return false;
  }
  if (out_end_ + skip_ != 0) {
    sent_whole();
    buffer_.consume(out_end_ + skip_);
    out_begin_ = out_end_ = skip_ = 0;
  }
  if (!injected_.empty()) {
    std::size_t done = 0;
    bool const all = write(std::string_view(injected_).substr(injected_done_), done);
    injected_done_ += done;
    if (!all) return false;
    injected_.clear();
    injected_done_ = 0;
  }
  return true;
}

bool FramePump::write(std::string_view bytes, std::size_t& done) {
  if (discarding_) {
    done = bytes.size();
    return true;
  }
  while (done < bytes.size()) {
    Transfer const put = sink_->write_some(bytes.substr(done));
    switch (put.status) {
      case Transfer::Status::ok:
        done += put.bytes;
        sent_bytes_ += put.bytes;
        break;
      case Transfer::Status::would_block:
        blocked_ = true;
        return false;
      case Transfer::Status::end_of_file:
      case Transfer::Status::failed:
        finish({.reason = is_close(put.error) ? EndReason::sink_closed : EndReason::sink_failed,
                .error = put.error});
        return false;
    }
  }
  return true;
}

void FramePump::sent_whole() {
  if (observer_ != nullptr && !discarding_ && waiting_count_ > 0) {
    auto const now = Clock::now();
    for (std::size_t i = 0; i < waiting_count_; ++i) {
      Waiting const& frame = waiting_[i];
      auto const body =
          buffer_.view().substr(frame.offset + frame.header_size, frame.size - frame.header_size);
      observer_->on_frame({direction_, body, frame.envelope, frame.size, received_, now});
    }
  }
  waiting_count_ = 0;
}

// Shows the gate the frames that are complete, and leaves in [out_begin_, out_end_), skip_ and
// injected_ what follows from its decisions.
void FramePump::collect() {
  std::string_view const view = buffer_.view();
  frame_size_ = 0;
  while (waiting_count_ < kFramesPerWriteMax && skip_ == 0 && injected_.empty()) {
    framing::Scan const scan = undecided_ ? *undecided_ : scanner_.next(view.substr(out_end_));
    undecided_.reset();
    switch (scan.kind) {
      case framing::Scan::Kind::need_more:
        frame_size_ = scan.frame_size();
        return;
      case framing::Scan::Kind::fault:
        faulted_ = PumpEnd{
            .reason = EndReason::bad_framing, .fault = scan.fault, .offset = scanner_.consumed()};
        return;
      case framing::Scan::Kind::text:
        gate_.on_bare_text(direction_, view.substr(out_end_, scan.text_size));
        skip_ = scan.text_size;
        return;
      case framing::Scan::Kind::frame:
        break;
    }
    std::string_view const frame = view.substr(out_end_, scan.frame_size());
    std::string_view const body = frame.substr(scan.header_size);
    // Guards decide about the editor's frames, so those are read exactly; a server's frames are
    // read by their head and tail where that settles it (framing/FORMAT.md).
    framing::Envelope const envelope = direction_ == Direction::to_server
                                           ? framing::scan_envelope(body)
                                           : framing::read_envelope(body);
    Decision decision = gate_.decide(direction_, {frame, body, envelope});
    switch (decision.verdict) {
      case Decision::Verdict::pass:
        waiting_[waiting_count_++] = {envelope, out_end_, scan.header_size, frame.size()};
        out_end_ += frame.size();
        break;
      case Decision::Verdict::hold:
        held_ = true;
        undecided_ = scan;
        return;
      case Decision::Verdict::replace:
        injected_ = std::move(decision.replacement);
        [[fallthrough]];
      case Decision::Verdict::drop:
        skip_ = frame.size();
        break;
    }
  }
}

void FramePump::finish(PumpEnd end) {
  end.offset = scanner_.consumed();
  end_ = end;
}

}  // namespace bridge::relay
