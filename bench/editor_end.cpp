#include "bench/editor_end.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "bench/process.h"

namespace bridge::bench {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // what libuv offers to each read

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t const put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0) die("writing a request");
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace

EditorEnd::EditorEnd(kernel::UniqueFd in, kernel::UniqueFd out, bool two_writes)
    : in_(std::move(in)), out_(std::move(out)), two_writes_(two_writes), buffer_(kReadBytes) {}

void EditorEnd::send(const Message& request) {
  std::string_view const frame = request.frame;
  if (two_writes_) {
    write_all(out_.get(), frame.substr(0, request.header_size));
    write_all(out_.get(), frame.substr(request.header_size));
  } else {
    write_all(out_.get(), frame);
  }
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
    // Our answers end with `"id":12345678}`.
    if (have_ != whole || got.substr(whole - kIdDigits - 1, kIdDigits) != request.id()) {
      std::fprintf(stderr, "bench: not the answer that was asked for\n");
      std::exit(1);
    }
    have_ = 0;
    return;
  }
}

void EditorEnd::read_once() {
  ssize_t const got =
      ::read(in_.get(), buffer_.data() + have_, std::min(kReadBytes, buffer_.size() - have_));
  if (got <= 0) die("reading an answer");
  have_ += static_cast<std::size_t>(got);
}

}  // namespace bridge::bench
