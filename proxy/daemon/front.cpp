#include "proxy/daemon/front.h"

#include <cerrno>

namespace bridge::daemon {

using lease::ControlMessage;
using Status = lease::ReceivedControl::Status;

namespace {

std::size_t size_of(const ControlMessage& message) {
  std::size_t size = message.verb.size();
  for (auto const& [name, value] : message.fields) size += name.size() + value.size();
  return size;
}

}  // namespace

Front::Front(FrontId id, kernel::UniqueFd socket, Peer peer, relay::ReadinessSet& readiness,
             Listener& listener)
    : id_(id),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      listener_(listener),
      watch_(readiness, socket_.get(), ready_) {
  ready_.readable = [this] { read(); };
  ready_.writable = [this] { write(); };
  watch_.want({.readable = true});
}

void Front::read() {
  for (int taken = 0; taken < kMessagesPerTurn && !gone_; ++taken) {
    lease::ReceivedControl received = lease::receive_control(socket_.get());
    switch (received.status) {
      case Status::message:
        listener_.on_message(*this, received);
        break;
      case Status::refused: {
        ControlMessage answer{.verb = "bad", .fields = {}};
        answer.add("reason", "what was sent " + received.complaint);
        answer.add("version", static_cast<std::uint64_t>(lease::kControlVersion));
        send(answer);
        break;
      }
      case Status::would_block:
        return;
      case Status::closed:
        return leave();
    }
  }
}

boost::system::error_code Front::send(const ControlMessage& message, int descriptor, int second) {
  if (gone_) return {EPIPE, boost::system::system_category()};
  boost::system::error_code error(EAGAIN, boost::system::system_category());
  if (waiting_.empty()) error = lease::send_control(socket_.get(), message, descriptor, second);
  if (error.value() != EAGAIN || descriptor >= 0) return error;
  waiting_bytes_ += size_of(message);
  if (waiting_bytes_ > kWaitingBytesMax) {
    leave();
    return {EPIPE, boost::system::system_category()};
  }
  waiting_.push_back(message);
  watch_.want({.readable = true, .writable = true});
  return {};
}

void Front::write() {
  while (!waiting_.empty()) {
    auto const error = lease::send_control(socket_.get(), waiting_.front());
    if (error.value() == EAGAIN) return;
    waiting_bytes_ -= size_of(waiting_.front());
    waiting_.pop_front();  // also where it was refused: its reader is gone, and read() hears of it
  }
  watch_.want({.readable = true});
}

void Front::leave() {
  if (gone_) return;
  gone_ = true;
  watch_.want({});
  listener_.on_gone(*this);
}

}  // namespace bridge::daemon
