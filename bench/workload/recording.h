// A recorded editor session as its shape: when, which way, how large, which method, which id. The
// format is in README.md. Reads text; no I/O.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::bench {

enum class From : std::uint8_t { editor, server };

struct ShapeLine {
  std::chrono::microseconds at{};  // since the first message
  From from = From::editor;
  std::size_t size = 0;              // of the body
  std::optional<long> id;            // of a request, or of the request that this answers
  std::string_view method;           // empty: an answer
  std::optional<std::size_t> asked;  // of an answer: the line of its request

  bool is_request() const { return id && !method.empty(); }
  bool is_answer() const { return method.empty(); }
};

using Recording = std::vector<ShapeLine>;

// Views into `text`, which must outlive the result. Throws Broken, with the line's number, where a
// line is not of the format, goes back in time, or answers what was not asked.
Recording parse_recording(std::string_view text);

// What is replayed of it: everything before `exit`. How a session ends is not the same on all ways.
Recording without_exit(Recording recording);

// The recording that is part of the executable.
std::string_view embedded_recording();

// Pauses are replayed as they were recorded, but none longer than this: the largest limit with
// which all of them together take no more than `total`.
std::chrono::microseconds pause_limit(const Recording& recording, std::chrono::microseconds total);

// The body that stands for a line: that many bytes, the members in the order in which VS Code's
// library and gopls write them, and between them JSON that means nothing. Throws Broken where the
// size is too small for that.
std::string make_body(const ShapeLine& line);

}  // namespace bridge::bench
