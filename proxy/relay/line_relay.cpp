#include "proxy/relay/line_relay.h"

#include <array>
#include <string_view>

namespace bridge::relay {

void LineRelay::on_source_ready() {
  if (!wants_source()) return;
  read_once();
  flush();
}

void LineRelay::on_sink_ready() {
  blocked_ = false;
  flush();
}

void LineRelay::drain() {
  flush();
  while (wants_source() && read_once()) flush();
  flush();
}

bool LineRelay::read_once() {
  std::array<char, 4096> chunk;
  Transfer const got = source_.read_some(chunk);
  if (got.status == Transfer::Status::ok) {
    buffer_.append(chunk.data(), got.bytes);
    return true;
  }
  if (got.status != Transfer::Status::would_block) {
    ended_ = true;
    if (!buffer_.empty() && buffer_.back() != '\n') buffer_ += '\n';
  }
  return false;
}

void LineRelay::flush() {
  if (blocked_) return;
  std::size_t whole = buffer_.rfind('\n') + 1;  // npos + 1 = 0: no whole line
  if (whole == 0 && buffer_.size() >= kBytesMax) whole = buffer_.size();
  std::size_t done = 0;
  while (done < whole && !sink_gone_) {
    Transfer const put = sink_.write_some(std::string_view(buffer_).substr(done, whole - done));
    if (put.status == Transfer::Status::would_block) {
      blocked_ = true;
      break;
    }
    if (put.status == Transfer::Status::ok) {
      done += put.bytes;
    } else {
      sink_gone_ = true;
    }
  }
  std::size_t const gone = sink_gone_ ? whole : done;
  telling_.see(std::string_view(buffer_).substr(0, gone));
  buffer_.erase(0, gone);
}

}  // namespace bridge::relay
