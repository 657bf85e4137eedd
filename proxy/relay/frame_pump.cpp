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
      source_(&source),
      sink_(&sink),
      gate_(gate),
      pipes_(options.pipes),
      options_(options),
      scanner_(options.limits, options.bare_text) {}

void FramePump::on_source_ready() {
  if (!wants_source()) return;
  bool const all_read = may_take_pipe() && take_pipe();
  if (large_) {
    fill_pipe();
  } else if (!all_read) {
    read_once();
  }
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
  if (large_ && large_->leaving) large_.reset();
  waiting_count_ = 0;
  injected_.assign(first);
  injected_done_ = 0;
  deliver();
}

void FramePump::resume(Source& source) {
  source_ = &source;
  if (large_ && !large_->leaving) large_.reset();
  buffer_.truncate(out_end_);
  skip_ = 0;
  held_ = false;
  undecided_.reset();
  source_over_.reset();
  faulted_.reset();
  if (!sink_over()) end_.reset();
  scanner_ = framing::FrameScanner(options_.limits, options_.bare_text);
  frame_size_ = 0;
  by_buffer_ = false;
}

void FramePump::read_once() { read_into(buffer_.room(frame_size_)); }

bool FramePump::read_into(std::span<char> room) {
  Transfer const got = source_->read_some(room);
  if (!received(got)) return false;
  buffer_.commit(got.bytes);
  return true;
}

// Takes note of what a read or splice said. True if it gave bytes.
bool FramePump::received(Transfer got) {
  switch (got.status) {
    case Transfer::Status::ok:
      received_bytes_ += got.bytes;
      if (observer_ != nullptr || tap_ != nullptr) received_ = Clock::now();
      return true;
    case Transfer::Status::would_block:
      return false;
    case Transfer::Status::end_of_file:
      source_over_ = PumpEnd{.reason = EndReason::source_closed};
      return false;
    case Transfer::Status::failed:
      source_over_ = PumpEnd{
          .reason = is_close(got.error) ? EndReason::source_closed : EndReason::source_failed,
          .error = got.error};
      return false;
  }
  return false;
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
      if (!buffer_.empty() || large_) {
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
  if (large_ && large_->leaving && !empty_pipe()) return false;
  if (out_begin_ != out_end_) {
    std::size_t done = 0;
    bool const all = write(buffer_.view().substr(out_begin_, out_end_ - out_begin_), done);
    out_begin_ += done;
    if (!all) return false;
  }
  if (out_end_ + skip_ != 0 || (large_ && large_->leaving)) {
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
  if ((observer_ != nullptr || tap_ != nullptr) && !discarding_) {
    auto const now = Clock::now();
    for (std::size_t i = 0; i < waiting_count_; ++i) {
      Waiting const& frame = waiting_[i];
      auto const body =
          buffer_.view().substr(frame.offset + frame.header_size, frame.size - frame.header_size);
      seen({direction_, framing::text_of(frame.envelope, body), frame.size, body, received_, now});
    }
    if (large_) seen({direction_, *large_->envelope(), large_->bytes, {}, received_, now});
  }
  waiting_count_ = 0;
  if (large_) forget_large();
}

void FramePump::seen(const FrameSeen& frame) {
  if (observer_ != nullptr) observer_->on_frame(frame);
  if (tap_ != nullptr && !frame.body.empty() && tap_->wants(direction_, frame.envelope)) {
    tap_->on_message(frame);
  }
}

// Shows the gate the frames that are complete, and leaves in [out_begin_, out_end_), skip_ and
// injected_ what follows from its decisions.
void FramePump::collect() {
  if (large_ && (large_->missing() > 0 || decide_large())) return;
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
    by_buffer_ = false;
    std::string_view const frame = view.substr(out_end_, scan.frame_size());
    std::string_view const body = frame.substr(scan.header_size);
    note_size(frame.size());
    // Guards decide about the editor's frames, so those are read exactly; a server's frames, and
    // long ones, are read by their head and tail where that settles it (framing/FORMAT.md).
    bool const exactly = direction_ == Direction::to_server && body.size() <= kExactBytesMax;
    framing::Envelope const envelope =
        exactly ? framing::scan_envelope(body) : framing::read_envelope(body);
    Decision decision =
        gate_.decide(direction_, {framing::text_of(envelope, body), frame.size(), frame, body});
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

void FramePump::note_size(std::size_t frame_bytes) {
  if (frame_bytes >= LargeFrame::kBytesMin) {
    looks_left_ = kLooksAfterLarge;
  } else if (looks_left_ > 0) {
    --looks_left_;
  }
}

void FramePump::finish(PumpEnd end) {
  end.offset = scanner_.consumed();
  end_ = end;
}

}  // namespace bridge::relay
