#include "proxy/lease/trial_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "framing/envelope.h"

namespace bridge::lease {
namespace {

// SIGKILL ends a process within milliseconds, unless it sleeps in the kernel on a broken disk: then
// a zombie is left, which is better than a session that stands still.
constexpr int kReapPatienceMs = 200;
constexpr std::size_t kErrorBytesMax = 2048;  // two lines of a terminal's width and more

std::string_view last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

TrialServer::TrialServer(ServerConnection connection, std::string frame,
                         std::chrono::milliseconds patience)
    : connection_(std::move(connection)),
      frame_(std::move(frame)),
      scanner_({.body_bytes_max = kAnswerBytesMax}, framing::BareText::skip),
      events_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  framing::FrameScanner asked;
  auto const scan = asked.next(frame_);
  auto const body = std::string_view(frame_).substr(scan.header_size);
  id_ = framing::scan_envelope(body).id.in(body);

  patience = std::max(patience, std::chrono::milliseconds(1));  // zero would be no timer at all
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(patience);
  itimerspec const when{
      .it_interval = {},
      .it_value = {.tv_sec = seconds.count(),
                   .tv_nsec = std::chrono::nanoseconds(patience - seconds).count()}};
  // On our ends, which nobody else has.
  for (int const fd :
       {connection_.read.get(), connection_.write.get(), connection_.stderr_read.get()}) {
    if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  }
  bool const ready = ::timerfd_settime(timer_.get(), 0, &when, nullptr) == 0 &&
                     watch(timer_.get(), EPOLLIN) && watch(connection_.read.get(), EPOLLIN) &&
                     watch(connection_.write.get(), EPOLLOUT) &&
                     (!connection_.stderr_read || watch(connection_.stderr_read.get(), EPOLLIN));
  if (!ready) {
    fail(std::string("no descriptors: ") + std::strerror(errno));
    events_.reset();
  }
}

TrialServer::~TrialServer() {
  if (!connection_.process) return;
  auto& process = *connection_.process;
  process.kill();
  pollfd one{process.exit_fd(), POLLIN, 0};
  if (one.fd >= 0) ::poll(&one, 1, kReapPatienceMs);
  process.exit_status();
}

bool TrialServer::watch(int fd, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  return ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

const std::optional<TrialServer::Outcome>& TrialServer::on_readable() {
  if (outcome_) return outcome_;
  epoll_event events[4];
  int const count = ::epoll_wait(events_.get(), events, 4, 0);
  bool too_late = false;
  for (int i = 0; i < count; ++i) {
    int const fd = events[i].data.fd;
    if (fd == connection_.write.get()) write();
    if (fd == connection_.stderr_read.get()) read_errors();
    if (fd == timer_.get()) too_late = true;
  }
  // Last: what came counts, though the server may have ended, or the time.
  read();
  if (!outcome_ && too_late) fail("no answer in time");
  return outcome_;
}

void TrialServer::write() {
  while (written_ < frame_.size()) {
    ssize_t const sent = ::send(connection_.write.get(), frame_.data() + written_,
                                frame_.size() - written_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (sent < 0) break;  // its end is read from the other descriptor
    written_ += static_cast<std::size_t>(sent);
  }
  ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, connection_.write.get(), nullptr);
}

void TrialServer::read() {
  char piece[16 * 1024];
  while (!outcome_) {
    ssize_t const got = ::read(connection_.read.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) return fail("it ended without an answer");
    received_.append(piece, static_cast<std::size_t>(got));
    if (!take_frames()) return;
  }
}

// False: there is an outcome.
bool TrialServer::take_frames() {
  for (;;) {
    auto const scan = scanner_.next(received_);
    switch (scan.kind) {
      case framing::Scan::Kind::need_more:
        return true;
      case framing::Scan::Kind::text:
        received_.erase(0, scan.text_size);
        break;
      case framing::Scan::Kind::fault:
        fail("it sent bytes that are no message");
        return false;
      case framing::Scan::Kind::frame: {
        auto const body = std::string_view(received_).substr(scan.header_size, scan.body_size);
        auto const envelope = framing::scan_envelope(body);
        if (envelope.kind == framing::MessageKind::response && envelope.id.in(body) == id_) {
          outcome_ = Outcome{.answer = std::string(body), .error = {}};
          return false;
        }
        received_.erase(0, scan.frame_size());
        break;
      }
    }
  }
}

void TrialServer::read_errors() {
  char piece[4096];
  ssize_t got = 0;
  while ((got = ::read(connection_.stderr_read.get(), piece, sizeof piece)) > 0) {
    errors_.append(piece, static_cast<std::size_t>(got));
    if (errors_.size() > kErrorBytesMax) errors_.erase(0, errors_.size() - kErrorBytesMax);
  }
  // At its end it would be readable for ever.
  if (got == 0) ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, connection_.stderr_read.get(), nullptr);
}

void TrialServer::fail(std::string what) {
  if (connection_.stderr_read) read_errors();
  what.insert(0, connection_.name + ": ");
  if (auto const line = last_line(errors_); !line.empty())
    what.append("; the last it wrote to its stderr: ").append(line);
  outcome_ = Outcome{.answer = std::nullopt, .error = std::move(what)};
}

}  // namespace bridge::lease
