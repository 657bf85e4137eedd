#include "proxy/daemon/parked_connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "proxy/lease/state_file.h"

namespace bridge::daemon {
namespace {

using kernel::UniqueFd;

// What nobody asked for comes in small frames; the largest are diagnostics of one file.
constexpr framing::Limits kLimits{.body_bytes_max = std::size_t{16} * 1024 * 1024};
// A default Unix socket's buffer holds 208 KiB; so many pieces a turn, for the others' sake.
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
constexpr int kPiecesPerTurn = 4;
// Answers of some hundred bytes, for a gopls that asks and does not read.
constexpr std::size_t kOutputBytesMax = std::size_t{1024} * 1024;

// "": it is a stream socket that is connected to that process.
std::string complaint_about(int socket, pid_t gopls) {
  int type = 0;
  socklen_t size = sizeof type;
  int domain = 0;
  if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
    return "what was parked is no connection";
  size = sizeof domain;
  if (::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_UNIX)
    return "what was parked is no Unix socket";
  // Of a listener's connection: the process that called listen(2).
  ucred peer{};
  size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != gopls)
    return "what was parked is no connection to that gopls";
  return {};
}

}  // namespace

std::unique_ptr<ParkedConnection> ParkedConnection::take(std::uint64_t id, UniqueFd socket,
                                                         UniqueFd state, pid_t gopls,
                                                         relay::ReadinessSet& readiness,
                                                         Listener& listener,
                                                         std::string& complaint) {
  complaint = socket && state ? complaint_about(socket.get(), gopls)
                              : "the connection or the state is missing";
  if (!complaint.empty()) return nullptr;
  lease::MappedState const mapped(state.get());
  complaint = mapped.complaint();
  if (!mapped.ok()) return nullptr;
  auto start = session::parse_drain_start(mapped.bytes(), complaint);
  if (!start) {
    complaint.insert(0, "the state is not to be read: ");
    return nullptr;
  }
  std::unique_ptr<ParkedConnection> taken(
      new ParkedConnection(id, std::move(socket), std::move(state), mapped.bytes().size(),
                           std::move(*start), readiness, listener));
  taken->write();
  complaint = taken->trouble_;
  if (!complaint.empty()) return nullptr;
  taken->told_ready_ = taken->ready();
  return taken;
}

ParkedConnection::ParkedConnection(std::uint64_t id, UniqueFd socket, UniqueFd state,
                                   std::size_t state_bytes, session::DrainStart start,
                                   relay::ReadinessSet& readiness, Listener& listener)
    : id_(id),
      socket_(std::move(socket)),
      state_(std::move(state)),
      state_bytes_(state_bytes),
      drain_(std::move(start), kLimits),
      listener_(listener),
      watch_(readiness, socket_.get(), ready_) {
  ready_.readable = [this] {
    for (int piece = 0; piece < kPiecesPerTurn && read(); ++piece) {
    }
    write();
    tell();
  };
  ready_.writable = [this] {
    write();
    tell();
  };
  watch_.want({.readable = true});
}

bool ParkedConnection::read() {
  if (!trouble_.empty()) return false;
  std::array<char, kPieceBytes> piece;  // filled by the kernel
  ssize_t size = 0;
  do {
    size = ::recv(socket_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return false;
  if (size <= 0) {
    fail(size == 0 ? "gopls closed the connection"
                   : std::string("the connection to gopls failed: ") + std::strerror(errno));
    return false;
  }
  if (!drain_.on_bytes({piece.data(), static_cast<std::size_t>(size)})) {
    fail(drain_.trouble());
    return false;
  }
  return true;
}

void ParkedConnection::write() {
  if (!trouble_.empty()) return;
  if (!drain_.trouble().empty()) return fail(drain_.trouble());
  output_ += drain_.take_output();
  while (!output_.empty()) {
    ssize_t const size =
        ::send(socket_.get(), output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) break;
    if (size < 0) return fail(std::string("gopls cannot be answered: ") + std::strerror(errno));
    output_.erase(0, static_cast<std::size_t>(size));
  }
  if (output_.size() > kOutputBytesMax) return fail("gopls asks and does not read the answers");
  watch_.want({.readable = true, .writable = !output_.empty()});
}

void ParkedConnection::fail(std::string why) {
  trouble_ = std::move(why);
  watch_.want({});
}

void ParkedConnection::tell() {
  if (!trouble_.empty()) {
    if (!std::exchange(told_trouble_, true)) listener_.on_parked_trouble(id_, trouble_);
    return;
  }
  if (std::exchange(told_ready_, ready()) != ready()) listener_.on_parked_ready(id_, ready());
}

void ParkedConnection::let_go() { fail("it was given away"); }

bool ParkedConnection::prepare() {
  for (int piece = 0; piece < kPiecesPerTurn && read(); ++piece) {
  }
  write();
  if (!ready()) return false;
  std::string const news = session::serialise_news(drain_.news());
  // The file cannot shrink: shorter news than those of a try before would have theirs behind them.
  if (news.size() < news_bytes_) {
    fail("it could not be given away before");
  } else if (!lease::write_state(state_.get(), state_bytes_, news)) {
    fail(std::string("no memory for its state: ") + std::strerror(errno));
  }
  news_bytes_ = news.size();
  return trouble_.empty();
}

}  // namespace bridge::daemon
