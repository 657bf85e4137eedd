// Waits for descriptors without touching their flags.
//
// Asio sets O_NONBLOCK on any descriptor it waits for, which would reach the editor's own
// descriptors (descriptor_channel.h). So the descriptors of a session are in an epoll set of our
// own, and Asio waits for that set: an epoll descriptor is readable while one of its members is
// ready. Level-triggered, and an interest that is dropped stays armed until it fires for nobody: a
// steady session makes no epoll_ctl calls of ours.
//
// One thread. A Watch removes its descriptor from the set before the descriptor may be closed or
// given away: a description that others share would stay in the set and fire for a dead object.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace bridge::relay {

// Called from ReadinessSet::start()'s handler, never from within the calls of a Watch.
class ReadinessListener {
 public:
  virtual ~ReadinessListener() = default;
  virtual void on_readable() {}
  virtual void on_writable() {}
  // The other side is gone (EPOLLHUP or EPOLLERR) and nothing was wanted of this descriptor that
  // would tell the same. Called once; the descriptor is out of the set until want() is called.
  virtual void on_hangup() {}
};

// A listener made of functions; a session has one for each descriptor.
struct ReadinessCallbacks final : ReadinessListener {
  std::function<void()> readable = [] {};
  std::function<void()> writable = [] {};
  std::function<void()> hangup = [] {};
  void on_readable() override { readable(); }
  void on_writable() override { writable(); }
  void on_hangup() override { hangup(); }
};

struct Interest {
  bool readable = false;
  bool writable = false;
};

class ReadinessSet {
 public:
  class Watch {
   public:
    // `fd` stays the caller's; -1 stands for one that is always ready (a regular file). `listener`
    // must outlive the watch. Throws boost::system::system_error.
    Watch(ReadinessSet& set, int fd, ReadinessListener& listener);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void want(Interest interest);
    // Hear of hang-ups while nothing else is wanted.
    void want_hangup();

   private:
    friend class ReadinessSet;
    void arm(std::uint32_t events);
    void fire(std::uint32_t events);
    void disarm();

    ReadinessSet& set_;
    ReadinessListener& listener_;
    int fd_;
    std::uint32_t slot_ = 0;
    std::uint32_t wanted_ = 0;  // EPOLLIN, EPOLLOUT
    std::uint32_t armed_ = 0;   // what the kernel was told
    bool member_ = false;
  };

  // Throws boost::system::system_error when there is no epoll descriptor to be had.
  explicit ReadinessSet(boost::asio::io_context& io);
  ReadinessSet(const ReadinessSet&) = delete;
  ReadinessSet& operator=(const ReadinessSet&) = delete;

  // Begins to wait; the io_context then has work until stop().
  void start();
  void stop();

  // Called after each batch of readiness events, once: the place to act on what the listeners did.
  class TurnListener {
   public:
    virtual ~TurnListener() = default;
    virtual void on_turn_over() = 0;
  };
  void on_turn_over(TurnListener& listener) { turn_listener_ = &listener; }

 private:
  void wait();
  void dispatch();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor epoll_;
  std::vector<Watch*> slots_;  // index: what epoll_event carries; null: free
  TurnListener* turn_listener_ = nullptr;
  bool stopped_ = true;
  std::size_t always_ready_ = 0;  // watches of descriptors that are always ready
  bool always_ready_queued_ = false;
};

}  // namespace bridge::relay
