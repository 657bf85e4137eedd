// The road of large frames through a pipe (large_frame.h), as FramePump takes it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "proxy/relay/frame_pump.h"

namespace bridge::relay {

// Whether the bytes that come next may be of a frame for a pipe.
bool FramePump::may_take_pipe() const noexcept {
  if (large_ || pipes_ == nullptr || by_buffer_ || discarding_) return false;
  std::size_t const begun = buffer_.view().size();
  bool const announced = frame_size_ >= begun + LargeFrame::kBytesMin;
  return (announced && begun <= ReceiveBuffer::kReadBytes) || (begun == 0 && looks_left_ > 0);
}

// Looks at what comes next, and sets large_ if it is for a pipe. True: there is nothing to read
// now.
bool FramePump::take_pipe() {
  if (!source_->splices() || !sink_->splices()) {
    by_buffer_ = true;
    return false;
  }
  std::span<char> const all = buffer_.room(frame_size_);
  std::span<char> const room = all.first(std::min(all.size(), kLookBytes));
  Transfer const peeked = source_->peek_some(room);
  bool const peeks = peeked.error != EOPNOTSUPP;
  // Nothing there, the end or a fault: the read says the same.
  if (peeks && peeked.status != Transfer::Status::ok) return false;
  // What cannot be looked at is read in a small piece.
  bool const all_read = !peeks && buffer_.empty();
  if (all_read && !read_into(room)) return true;

  std::string_view const begun = buffer_.view();
  std::string_view const seen(begun.data(), begun.size() + peeked.bytes);
  framing::FrameScanner scanner = scanner_;
  framing::Scan const scan = scanner.next(seen);
  if (scan.kind != framing::Scan::Kind::need_more || scan.header_size == 0) return all_read;
  if (scan.frame_size() < begun.size() + LargeFrame::kBytesMin) return all_read;
  // A header that came alone is read; its body is looked at next time.
  std::string_view const head = seen.substr(scan.header_size).substr(0, framing::kHeadBytes);
  if (head.size() < framing::kHeadBytes) return all_read;

  by_buffer_ = true;
  auto const envelope = framing::look_at_head(head);
  if (!envelope || gate_.needs_body(direction_, *envelope)) return all_read;
  if (tap_ != nullptr && tap_->wants(direction_, *envelope)) return all_read;
  std::optional<Pipe> pipe = pipes_->borrow();
  if (!pipe || (!begun.empty() && !pipe->put(begun))) return all_read;
  by_buffer_ = false;
  scanner_ = scanner;
  large_.emplace(std::move(*pipe), scan, head, *envelope, begun.size());
  buffer_.consume(begun.size());
  frame_size_ = 0;
  return false;
}

// One splice, and one read of what is not for the pipe.
void FramePump::fill_pipe() {
  std::size_t const size = large_->for_pipe();
  bool moved = false;
  if (size > 0) {
    Transfer const got = source_->splice_into(large_->pipe, size);
    if (got.status == Transfer::Status::end_of_file) {
      received(got);
      return;
    }
    if (got.status == Transfer::Status::ok) {
      moved = true;
      received(got);
      large_->received += got.bytes;
      if (got.bytes < size || large_->missing() == 0) return;
    } else if (got.status == Transfer::Status::failed && got.error == EINVAL) {
      pipes_ = nullptr;  // this kernel does not splice between these
    }
  }
  std::span<char> const room = buffer_.room(buffer_.view().size() + large_->missing());
  std::size_t const before = buffer_.view().size();
  if (!read_into(room.first(std::min(room.size(), large_->missing())))) return;
  large_->received += buffer_.view().size() - before;
  // There was something to read that splice did not take: the pipe has no room (of its slots, each
  // segment of the source took one), or splice failed.
  if (!moved) large_->pipe_full = true;
}

// As flush(), for what is in the pipe.
bool FramePump::empty_pipe() {
  while (!discarding_ && large_->pipe.size() > 0) {
    Transfer const put = sink_->splice_from(large_->pipe);
    switch (put.status) {
      case Transfer::Status::ok:
        sent_bytes_ += put.bytes;
        break;
      case Transfer::Status::would_block:
        blocked_ = true;
        return false;
      case Transfer::Status::end_of_file:
      case Transfer::Status::failed: {
        // No splice, for this sink or for now. If it is the sink that is at fault, the write says
        // so.
        if (put.error == EINVAL) pipes_ = nullptr;
        std::size_t const size = large_->pipe.size();
        if (!pipe_into_buffer()) return false;
        out_end_ += size;
        return true;
      }
    }
  }
  return true;
}

// The bytes in the pipe go in front of what the buffer holds.
bool FramePump::pipe_into_buffer() {
  if (large_->pipe.take_all(buffer_.prepend(large_->pipe.size()))) return true;
  // Not seen so far: a read of bytes that are there.
  finish({.reason = EndReason::source_failed, .error = EIO});
  return false;
}

// Shows the gate the large frame, which is complete. False: its ends do not tell what it is, and it
// is in the buffer now.
bool FramePump::decide_large() {
  std::string_view const end = buffer_.view();
  large_->keep_tail(end);
  auto const envelope = large_->envelope();
  if (!envelope) {
    if (pipe_into_buffer()) forget_large();
    return end_.has_value();
  }
  Decision decision = gate_.decide(direction_, {*envelope, large_->bytes, {}, {}});
  if (decision.verdict == Decision::Verdict::hold) {
    held_ = true;
    return true;
  }
  scanner_.pass_over_frame();
  note_size(large_->bytes);
  if (decision.verdict == Decision::Verdict::pass) {
    large_->leaving = true;
    // One write of everything wakes the reader once.
    bool const all_in_pipe = end.empty() || (!large_->pipe_full && large_->pipe.put(end));
    if (all_in_pipe) {
      buffer_.consume(end.size());
    } else {
      out_end_ = end.size();
    }
    return true;
  }
  if (decision.verdict == Decision::Verdict::replace) injected_ = std::move(decision.replacement);
  large_.reset();
  skip_ = end.size();
  return true;
}

void FramePump::forget_large() {
  if (pipes_ != nullptr) pipes_->give_back(std::move(large_->pipe));
  large_.reset();
}

}  // namespace bridge::relay
