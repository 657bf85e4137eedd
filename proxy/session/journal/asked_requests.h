// The editor's requests that have no answer yet, in the order in which they were asked, each with
// its body, so that it can be asked again of another server.
//
// Slots and their memory are used again: a steady session allocates nothing here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::session {

struct AskedRequest {
  std::string raw_id;
  std::string method;
  std::string body;         // empty: not kept (too long)
  std::uint64_t edits = 0;  // document events seen before it
  bool cancelled = false;   // $/cancelRequest was sent for it
  // How often it was asked again after a loss, and whether it is with a server now.
  int asked_again = 0;
  bool with_server = true;
};

class AskedRequests {
 public:
  // Ids are compared as JSON: "a" is "\u0061"; 1 is not "1".
  // Adds at the end. An id that is in flight already (gopls answers both) is a second entry. The
  // reference is valid until the next add().
  AskedRequest& add(std::string_view raw_id, std::string_view method, std::string_view body,
                    std::uint64_t edits);
  // The oldest with this id; nullptr: none.
  AskedRequest* find(std::string_view raw_id) noexcept;
  // Removes the oldest with this id. False: there was none.
  bool remove(std::string_view raw_id) noexcept;
  std::size_t size() const noexcept { return order_.size(); }
  bool empty() const noexcept { return size() == 0; }
  // The n-th in the order of asking, n < size().
  AskedRequest& at(std::size_t n) noexcept { return slots_[order_[n].slot]; }
  const AskedRequest& at(std::size_t n) const noexcept { return slots_[order_[n].slot]; }
  void remove_at(std::size_t n) noexcept;
  // Bytes of all bodies, and of those that are not with a server.
  std::size_t body_bytes() const noexcept;
  std::size_t waiting_bytes() const noexcept;
  std::size_t memory() const noexcept;

 private:
  struct Entry {
    std::uint32_t slot;
    std::uint32_t id_hash;
  };
  std::size_t index_of(std::string_view raw_id) const noexcept;  // size(): none

  std::vector<AskedRequest> slots_;
  std::vector<Entry> order_;
  std::vector<std::uint32_t> free_;
};

}  // namespace bridge::session
