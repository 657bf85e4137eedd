// The messages that the benchmarks exchange: bodies of an exact size with members in the order in
// which VS Code and gopls write them. Requests are a codeLens, or a codeAction with diagnostics in
// it where there is room; answers are what these methods return, `id` last: gopls' forwarder and
// lspmux decode what they pass on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bridge::bench {

// Ids have eight digits, so that one message serves for all ids: they are written in place.
inline constexpr std::size_t kIdDigits = 8;
inline constexpr std::uint32_t kFirstId = 10'000'000;

struct Message {
  std::string frame;  // header and body
  std::size_t header_size = 0;
  std::size_t id_offset = 0;  // in `frame`

  void set_id(std::uint32_t id) noexcept;
  std::string_view id() const noexcept { return {frame.data() + id_offset, kIdDigits}; }
};

// Smallest body: 104 bytes (request), 68 bytes (answer). A body that would be smaller is as small
// as it can be.
Message make_request(std::size_t body_size);
// `id`: as the request had it, quotes included. With another id than ours `id_offset` is where it
// begins.
Message make_answer(std::size_t body_size, std::string_view id = "10000000");
// For streams: no answer is due.
Message make_notification(std::size_t body_size);

// What lspmux wants before anything else.
Message make_initialize(std::string_view root_path);
// An `initialize` with an id that none of the others has: the echo server looks only there for a
// method.
Message make_greeting();
Message make_initialized();

std::string framed(std::string_view body);

// The length that a canonical header announces; `frame` begins with it. 0 while the header is not
// complete. Ends the process when there is no such header: a benchmark must not go on with less.
struct Header {
  std::size_t size = 0;
  std::size_t body_size = 0;
};
Header read_header(std::string_view frame);

}  // namespace bridge::bench
