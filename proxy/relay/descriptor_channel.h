// Sources and sinks over file descriptors of any kind: sockets, FIFOs, terminals, files.
//
// The rule that shapes this file: O_NONBLOCK belongs to the open file description, which inherited
// descriptors share with the editor or shell that started us, and it outlives even kill -9. So it
// is never set on a description we inherited. Sockets take MSG_DONTWAIT per call; FIFOs and
// terminals are opened anew through /proc/self/fd, which makes a description of our own; where that
// is refused, the descriptor is asked with poll(2) before each call. Files never block.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>

#include "proxy/kernel/unique_fd.h"
#include "proxy/relay/channel.h"

namespace bridge::relay {

enum class Access : std::uint8_t {
  socket,        // recv/sendmsg with MSG_DONTWAIT; flags untouched
  own_nonblock,  // a description of our own with O_NONBLOCK
  polled,        // a shared, blocking description: poll(2) first, writes of at most PIPE_BUF
  file,          // always ready
};

// Whether splice(2) can be used on a descriptor. It knows no MSG_DONTWAIT: on a socket only the
// O_NONBLOCK of the description keeps it from sleeping, and that of an inherited one is not ours to
// set.
enum class Splicing : std::uint8_t {
  none,     // terminals, files, what we do not know: the kernel refuses, or might sleep
  bounded,  // into an inherited Unix socket: only what its buffer has room for, which never sleeps
  free,     // FIFOs, our own sockets; out of an inherited Unix socket, where the flag is not asked
};

class DescriptorSource final : public Source {
 public:
  DescriptorSource(kernel::UniqueFd fd, Access access, Splicing splicing = Splicing::none) noexcept
      : fd_(std::move(fd)), access_(access), splicing_(splicing) {}

  // Reads what `fd` reads without changing any flag of it. `fd` itself is not closed and stays
  // usable by its owner (a duplicate is made).
  static boost::system::result<DescriptorSource> inherit(int fd);
  // Takes a descriptor that we made and nobody else holds.
  static boost::system::result<DescriptorSource> own(kernel::UniqueFd fd);

  Transfer read_some(std::span<char> room) noexcept override;
  // Sockets only; a FIFO cannot be looked into.
  Transfer peek_some(std::span<char> room) noexcept override;
  bool splices() const noexcept override { return splicing_ != Splicing::none; }
  Transfer splice_into(Pipe& pipe, std::size_t size) noexcept override;
  int poll_fd() const noexcept override { return access_ == Access::file ? -1 : fd_.get(); }
  Access access() const noexcept { return access_; }

 private:
  kernel::UniqueFd fd_;
  Access access_;
  Splicing splicing_;
};

class DescriptorSink final : public Sink {
 public:
  DescriptorSink(kernel::UniqueFd fd, Access access, Splicing splicing = Splicing::none) noexcept
      : fd_(std::move(fd)), access_(access), splicing_(splicing) {}

  static boost::system::result<DescriptorSink> inherit(int fd);
  static boost::system::result<DescriptorSink> own(kernel::UniqueFd fd);

  Transfer write_some(std::string_view bytes) noexcept override;
  bool splices() const noexcept override { return splicing_ != Splicing::none; }
  Transfer splice_from(Pipe& pipe) noexcept override;
  int poll_fd() const noexcept override { return access_ == Access::file ? -1 : fd_.get(); }
  Access access() const noexcept { return access_; }

  // Tells the reader that nothing more will come: SHUT_WR on a socket (whose read half may live on
  // in a duplicate), then close. Stop watching poll_fd() before. Idempotent.
  void finish() noexcept;

 private:
  kernel::UniqueFd fd_;
  Access access_;
  Splicing splicing_;
};

}  // namespace bridge::relay
