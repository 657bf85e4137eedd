#include "tests/simulation/pipe.h"

#include <algorithm>
#include <cerrno>

namespace bridge::simulation {

using relay::Transfer;

std::size_t Pipe::write(std::string_view bytes) {
  if (reader_gone_ || writer_gone_) return 0;
  std::size_t const size =
      std::min(bytes.size(), nature_.room - std::min(nature_.room, held_.size()));
  if (size == 0) return 0;
  held_ += bytes.substr(0, size);
  arrival_ = std::max(arrival_, timeline_.now() + delay());
  timeline_.at(arrival_, [self = shared_from_this(), size] { self->arrive(size); });
  return size;
}

void Pipe::arrive(std::size_t bytes) {
  if (reader_gone_) return;
  visible_ = std::min(visible_ + bytes, held_.size());
  on_readable();
}

void Pipe::close_writer() {
  if (writer_gone_) return;
  writer_gone_ = true;
  arrival_ = std::max(arrival_, timeline_.now() + delay());
  timeline_.at(arrival_, [self = shared_from_this()] {
    self->ended_ = true;
    if (!self->reader_gone_) self->on_readable();
  });
}

void Pipe::break_writer(bool lose_bytes, bool reset) {
  if (writer_gone_) return;
  if (lose_bytes && held_.size() > visible_) {
    held_.resize(visible_ + dice_.below(held_.size() - visible_ + 1));
  }
  reset_ = reset;
  close_writer();
}

std::string Pipe::read(std::size_t bytes_max) {
  std::size_t const size = std::min(bytes_max, visible_);
  std::string bytes = held_.substr(0, size);
  held_.erase(0, size);
  visible_ -= size;
  if (size > 0 && !writer_gone_) on_writable();
  return bytes;
}

void Pipe::close_reader() {
  if (reader_gone_) return;
  reader_gone_ = true;
  held_.clear();
  visible_ = 0;
  if (!writer_gone_) on_writable();
}

std::size_t Pipe::cut(std::size_t bytes) {
  std::size_t const most = std::min(bytes, nature_.cut_max);
  return dice_.percent(50) ? most : dice_.between(1, most);
}

Transfer PipeSource::read_some(std::span<char> room) noexcept {
  if (over_) {
    after_end_ = true;
    return Transfer::ended();
  }
  if (pipe_->at_end()) {
    over_ = true;
    return pipe_->reset() ? Transfer::failure(ECONNRESET) : Transfer::ended();
  }
  if (!pipe_->readable() || pipe_->refuses()) return Transfer::blocked();
  std::string const bytes = pipe_->read(pipe_->cut(room.size()));
  std::copy(bytes.begin(), bytes.end(), room.begin());
  return Transfer::moved(bytes.size());
}

Transfer PipeSink::write_some(std::string_view bytes) noexcept {
  if (pipe_->reader_gone()) return Transfer::failure(EPIPE);
  if (!pipe_->writable() || pipe_->refuses()) return Transfer::blocked();
  return Transfer::moved(pipe_->write(bytes.substr(0, pipe_->cut(bytes.size()))));
}

}  // namespace bridge::simulation
