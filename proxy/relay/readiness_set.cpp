#include "proxy/relay/readiness_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>

namespace bridge::relay {
namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

int make_epoll() {
  int const fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw_errno("epoll_create1");
  return fd;
}

constexpr std::uint32_t kGone = EPOLLHUP | EPOLLERR;

}  // namespace

ReadinessSet::Watch::Watch(ReadinessSet& set, int fd, ReadinessListener& listener)
    : set_(set), listener_(listener), fd_(fd) {
  auto const free = std::find(set_.slots_.begin(), set_.slots_.end(), nullptr);
  slot_ = static_cast<std::uint32_t>(free - set_.slots_.begin());
  if (fd_ < 0) ++set_.always_ready_;
  if (free == set_.slots_.end()) {
    set_.slots_.push_back(this);
  } else {
    *free = this;
  }
}

ReadinessSet::Watch::~Watch() {
  disarm();
  set_.slots_[slot_] = nullptr;
  if (fd_ < 0) --set_.always_ready_;
}

void ReadinessSet::Watch::want(Interest interest) {
  wanted_ = (interest.readable ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
            (interest.writable ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  if (wanted_ == 0) return;  // stays armed until it fires for nobody
  if (fd_ < 0) {
    // Always ready: its turn comes with the next turn of the loop.
    if (set_.always_ready_queued_ || set_.stopped_) return;
    set_.always_ready_queued_ = true;
    boost::asio::post(set_.io_, [set = &set_] {
      set->always_ready_queued_ = false;
      if (!set->stopped_) set->dispatch();
    });
    return;
  }
  if ((wanted_ & ~armed_) != 0 || !member_) arm(wanted_);
}

void ReadinessSet::Watch::want_hangup() {
  if (fd_ >= 0 && !member_) arm(0);
}

void ReadinessSet::Watch::arm(std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u32 = slot_;
  int const operation = member_ ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (::epoll_ctl(set_.epoll_.native_handle(), operation, fd_, &event) != 0) {
    throw_errno("epoll_ctl");
  }
  member_ = true;
  armed_ = events;
}

void ReadinessSet::Watch::disarm() {
  if (!member_) return;
  ::epoll_ctl(set_.epoll_.native_handle(), EPOLL_CTL_DEL, fd_, nullptr);
  member_ = false;
  armed_ = 0;
}

void ReadinessSet::Watch::fire(std::uint32_t events) {
  bool const gone = (events & kGone) != 0;
  bool const readable = (wanted_ & EPOLLIN) != 0 && ((events & EPOLLIN) != 0 || gone);
  bool const writable = (wanted_ & EPOLLOUT) != 0 && ((events & EPOLLOUT) != 0 || gone);
  if (!readable && !writable) {
    // Fires for nobody. A hang-up cannot be masked, so the descriptor leaves the set: otherwise a
    // dead peer with a stalled reader behind it would burn a CPU.
    if (gone) {
      disarm();
      listener_.on_hangup();
    } else {
      arm(wanted_);
    }
    return;
  }
  ReadinessSet& set = set_;
  std::uint32_t const slot = slot_;
  if (writable) listener_.on_writable();
  // on_writable() may have ended this watch.
  if (readable && set.slots_[slot] == this) listener_.on_readable();
}

ReadinessSet::ReadinessSet(boost::asio::io_context& io) : io_(io), epoll_(io, make_epoll()) {}

void ReadinessSet::start() {
  stopped_ = false;
  wait();
  // Watches of always-ready descriptors that were wanted before the start.
  boost::asio::post(io_, [this] {
    if (!stopped_) dispatch();
  });
}

void ReadinessSet::stop() {
  stopped_ = true;
  epoll_.cancel();
}

void ReadinessSet::wait() {
  epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error || stopped_) return;
                      dispatch();
                      if (!stopped_) wait();
                    });
}

void ReadinessSet::dispatch() {
  // A session has seven descriptors at most; more come with the next turn.
  std::array<epoll_event, 8> events;
  int const count =
      ::epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    epoll_event const& event = events[static_cast<std::size_t>(i)];
    Watch* const watch = slots_[event.data.u32];
    if (watch != nullptr && watch->member_) watch->fire(event.events);
    if (stopped_) return;
  }
  // Rarely any: the slots are not looked through for nothing.
  for (std::size_t slot = 0; always_ready_ > 0 && slot < slots_.size(); ++slot) {
    Watch* const watch = slots_[slot];
    if (watch == nullptr || watch->fd_ >= 0 || watch->wanted_ == 0) continue;
    watch->fire(watch->wanted_);
    if (stopped_) return;
    if (slots_[slot] == watch) {
      watch->want({.readable = (watch->wanted_ & EPOLLIN) != 0,
                   .writable = (watch->wanted_ & EPOLLOUT) != 0});
    }
  }
  if (turn_listener_ != nullptr) turn_listener_->on_turn_over();
}

}  // namespace bridge::relay
