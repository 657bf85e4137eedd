// What a scanner made of a stream, as one value: compared, printed, the same for every cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

#include "framing/frame_scanner.h"

namespace bridge::framing {

struct Trace {
  struct Item {
    bool is_text = false;
    std::size_t header_size = 0;
    std::size_t size = 0;  // of the body, or of the text
    friend bool operator==(const Item&, const Item&) = default;
  };
  std::vector<Item> items;
  Fault fault = Fault::none;
  std::uint64_t consumed = 0;
  bool at_boundary = true;
  std::size_t announced_header = 0;  // of the frame that is not complete
  std::size_t announced_body = 0;
  std::vector<std::string_view> broken_promises;  // of the scanner's contract
  friend bool operator==(const Trace&, const Trace&) = default;

  // For expectations: Trace().frame(21, 2).unfinished()
  Trace& frame(std::size_t header, std::size_t body) {
    items.push_back({.header_size = header, .size = body});
    consumed += header + body;
    return *this;
  }
  // Neighbouring pieces of text are one text.
  Trace& text(std::size_t size) {
    if (items.empty() || !items.back().is_text) items.push_back({.is_text = true});
    items.back().size += size;
    consumed += size;
    return *this;
  }
  Trace& refused(Fault why) {
    fault = why;
    at_boundary = false;
    return *this;
  }
  Trace& unfinished(std::size_t header = 0, std::size_t body = 0) {
    at_boundary = false;
    announced_header = header;
    announced_body = body;
    return *this;
  }
};

inline std::ostream& operator<<(std::ostream& out, const Trace& trace) {
  for (Trace::Item const& item : trace.items) {
    if (item.is_text)
      out << "text(" << item.size << ") ";
    else
      out << "frame(" << item.header_size << "+" << item.size << ") ";
  }
  if (trace.fault != Fault::none) out << "fault(" << to_string(trace.fault) << ") ";
  if (!trace.at_boundary && trace.fault == Fault::none)
    out << "unfinished(" << trace.announced_header << "+" << trace.announced_body << ") ";
  for (std::string_view promise : trace.broken_promises) out << "BROKEN: " << promise << " ";
  return out << "consumed " << trace.consumed;
}

// Plays the user of a scanner: keeps what is not consumed, gives all of it again with more.
class TraceMaker {
 public:
  TraceMaker(std::string_view stream, Limits limits, BareText bare_text)
      : stream_(stream), scanner_(limits, bare_text) {}

  // The next `size` bytes of the stream arrive.
  void feed(std::size_t size) {
    arrived_ = std::min(stream_.size(), arrived_ + size);
    while (trace_.fault == Fault::none) {
      std::string_view const pending = stream_.substr(begin_, arrived_ - begin_);
      Scan const scan = scanner_.next(pending);
      trace_.at_boundary = scanner_.at_boundary();
      trace_.announced_header = scan.kind == Scan::Kind::need_more ? scan.header_size : 0;
      trace_.announced_body = scan.kind == Scan::Kind::need_more ? scan.body_size : 0;
      if (scan.kind == Scan::Kind::frame) {
        promise(scan.header_size > 0 && scan.body_size > 0, "a frame has a header and a body");
        promise(scan.frame_size() <= pending.size(), "a frame is whole");
        trace_.frame(scan.header_size, scan.body_size);
        begin_ += scan.frame_size();
      } else if (scan.kind == Scan::Kind::text) {
        promise(scan.text_size > 0 && scan.text_size <= pending.size(), "text is there");
        trace_.text(scan.text_size);
        begin_ += scan.text_size;
      } else if (scan.kind == Scan::Kind::fault) {
        promise(scan.fault != Fault::none, "a fault has a name");
        trace_.fault = scan.fault;
        promise(scanner_.next(pending) == scan, "a refused stream stays refused");
      } else {
        promise(scan.header_size == 0 || scan.frame_size() > pending.size(), "more is needed");
        break;
      }
      promise(scanner_.consumed() == begin_, "consumed() is behind the last good byte");
    }
  }

  bool done() const { return arrived_ == stream_.size() || trace_.fault != Fault::none; }
  const Trace& trace() const { return trace_; }
  const FrameScanner& scanner() const { return scanner_; }

 private:
  void promise(bool kept, std::string_view what) {
    if (!kept) trace_.broken_promises.push_back(what);
  }

  std::string_view stream_;
  FrameScanner scanner_;
  std::size_t begin_ = 0;
  std::size_t arrived_ = 0;
  Trace trace_;
};

// The stream in pieces of `piece` bytes.
inline Trace trace_of(std::string_view stream, std::size_t piece, Limits limits = {},
                      BareText bare_text = BareText::refuse) {
  TraceMaker maker(stream, limits, bare_text);
  do maker.feed(piece);
  while (!maker.done());
  return maker.trace();
}

// The stream in two pieces.
inline Trace trace_cut_at(std::string_view stream, std::size_t cut, Limits limits = {},
                          BareText bare_text = BareText::refuse) {
  TraceMaker maker(stream, limits, bare_text);
  maker.feed(cut);
  if (!maker.done()) maker.feed(stream.size());
  return maker.trace();
}

}  // namespace bridge::framing
