#include "proxy/session/journal/asked_requests.h"

#include <utility>

#include "proxy/session/journal/message_id.h"

namespace bridge::session {
namespace {

// What a free slot may keep. VS Code's longest usual request, codeAction with diagnostics, is about
// 4 KiB, and it has some tens in flight.
constexpr std::size_t kKeptBytesMax = 8 * 1024;
constexpr std::size_t kKeptSlotsMax = 64;

std::size_t held(const AskedRequest& request) {
  return request.raw_id.capacity() + request.method.capacity() + request.body.capacity();
}

}  // namespace

AskedRequest& AskedRequests::add(std::string_view raw_id, std::string_view method,
                                 std::string_view body, std::uint64_t edits) {
  if (free_.empty()) {
    // So that remove_at() need not allocate.
    if (free_.capacity() <= slots_.size()) free_.reserve(2 * slots_.size() + 8);
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  std::uint32_t const slot = free_.back();
  order_.push_back({slot, id_hash(raw_id)});
  free_.pop_back();
  AskedRequest& request = slots_[slot];
  request.raw_id = raw_id;
  request.method = method;
  request.body = body;
  request.edits = edits;
  request.cancelled = false;
  request.asked_again = 0;
  request.with_server = true;
  return request;
}

std::size_t AskedRequests::index_of(std::string_view raw_id) const noexcept {
  std::uint32_t const hash = id_hash(raw_id);
  for (std::size_t n = 0; n < order_.size(); ++n) {
    if (order_[n].id_hash == hash && same_id(at(n).raw_id, raw_id)) return n;
  }
  return order_.size();
}

AskedRequest* AskedRequests::find(std::string_view raw_id) noexcept {
  std::size_t const n = index_of(raw_id);
  return n == size() ? nullptr : &at(n);
}

bool AskedRequests::remove(std::string_view raw_id) noexcept {
  std::size_t const n = index_of(raw_id);
  if (n == size()) return false;
  remove_at(n);
  return true;
}

void AskedRequests::remove_at(std::size_t n) noexcept {
  std::uint32_t const slot = order_[n].slot;
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(n));
  AskedRequest& request = slots_[slot];
  if (held(request) > kKeptBytesMax || free_.size() >= kKeptSlotsMax) {
    // Assigning an empty string would keep the memory.
    AskedRequest fresh;
    std::swap(request, fresh);
  } else {
    request.body.clear();
  }
  free_.push_back(slot);
  // A flood is over.
  if (order_.empty() && slots_.size() > kKeptSlotsMax) {
    std::vector<AskedRequest>().swap(slots_);
    std::vector<std::uint32_t>().swap(free_);
    std::vector<Entry>().swap(order_);
  }
}

std::size_t AskedRequests::body_bytes() const noexcept {
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < size(); ++n) bytes += at(n).body.size();
  return bytes;
}

std::size_t AskedRequests::waiting_bytes() const noexcept {
  std::size_t bytes = 0;
  for (std::size_t n = 0; n < size(); ++n)
    if (!at(n).with_server) bytes += at(n).body.size();
  return bytes;
}

std::size_t AskedRequests::memory() const noexcept {
  std::size_t bytes = slots_.capacity() * sizeof(AskedRequest) + order_.capacity() * sizeof(Entry) +
                      free_.capacity() * sizeof(std::uint32_t);
  for (const AskedRequest& request : slots_) bytes += held(request);
  return bytes;
}

}  // namespace bridge::session
