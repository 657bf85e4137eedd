#include "bench/editor_end.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "bench/process.h"

namespace bridge::bench {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // what libuv offers to each read
// Far above any round trip here, far below a user's patience with a peer that hangs.
constexpr timeval kSilenceMax{.tv_sec = 20, .tv_usec = 0};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) fail("writing a request");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

EditorEnd::EditorEnd(kernel::UniqueFd in, kernel::UniqueFd out, bool two_writes)
    : in_(std::move(in)), out_(std::move(out)), two_writes_(two_writes), buffer_(kReadBytes) {
  // Of a pipe they are refused.
  static_cast<void>(
      ::setsockopt(in_.get(), SOL_SOCKET, SO_RCVTIMEO, &kSilenceMax, sizeof kSilenceMax));
  static_cast<void>(
      ::setsockopt(out_.get(), SOL_SOCKET, SO_SNDTIMEO, &kSilenceMax, sizeof kSilenceMax));
}

void EditorEnd::send(Message& request) {
  request.set_id(next_id_++);
  write(request);
}

void EditorEnd::write(const Message& message) {
  std::string_view const frame = message.frame;
  if (two_writes_) {
    write_all(out_.get(), frame.substr(0, message.header_size));
    write_all(out_.get(), frame.substr(message.header_size));
  } else {
    write_all(out_.get(), frame);
  }
}

void EditorEnd::greet() {
  write(make_greeting());
  receive_frames(1);
  write(make_initialized());
}

void EditorEnd::wait_for_first_byte() {
  if (have_ == 0) read_once();
}

void EditorEnd::receive(const Message& request) {
  for (;;) {
    std::string_view const got(buffer_.data(), have_);
    Header const header = read_header(got);
    std::size_t const whole = header.size + header.body_size;
    if (header.size == 0 || have_ < whole) {
      if (buffer_.size() < std::max(whole, have_ + kReadBytes)) {
        buffer_.resize(std::max(whole, have_ + kReadBytes));
      }
      read_once();
      continue;
    }
    // Answers end with `"id":12345678}`.
    if (have_ != whole || got.substr(whole - kIdDigits - 1, kIdDigits) != request.id()) {
      throw Broken("not the answer that was asked for: " +
                   std::string(got.substr(header.size, 160)));
    }
    have_ = 0;
    return;
  }
}

void EditorEnd::receive_frames(std::size_t count) {
  while (count > 0) {
    Header const header = read_header({buffer_.data(), have_});
    if (header.size == 0) {
      read_once();
      continue;
    }
    std::size_t missing = header.size + header.body_size;
    for (;;) {
      if (have_ > missing) {
        std::memmove(buffer_.data(), buffer_.data() + missing, have_ - missing);
        have_ -= missing;
        break;
      }
      missing -= std::exchange(have_, 0);
      if (missing == 0) break;
      read_once();
    }
    --count;
  }
}

void EditorEnd::read_once() {
  ssize_t const got =
      ::read(in_.get(), buffer_.data() + have_, std::min(kReadBytes, buffer_.size() - have_));
  if (got == 0) throw Broken("the other side has closed");
  if (got < 0) fail("reading an answer");
  have_ += static_cast<std::size_t>(got);
}

}  // namespace bridge::bench
