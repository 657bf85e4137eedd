// Bodies of an exact size. What fills them is JSON with strings, escapes and nested members: what a
// relay that walks a message to find its method has to walk.
#include <algorithm>
#include <string>
#include <string_view>

#include "bench/process.h"
#include "bench/workload/recording.h"

namespace bridge::bench {
namespace {

constexpr std::string_view kItem =
    R"j({"label":"Println","kind":3,"detail":"func(a ...any)","doc":"prints \"a\" and a newline\n",)j"
    R"j("range":{"start":{"line":41,"character":9},"end":{"line":41,"character":16}}},)j";

// A JSON value of so many bytes; 1 at least.
std::string filling(std::size_t size) {
  constexpr std::string_view kBegin = R"({"x":[)";
  constexpr std::string_view kEnd = R"(]})";
  if (size == 1) return "0";
  if (size == 2) return "{}";
  if (size == 3) return "[0]";
  if (size == 4) return "null";
  if (size < kBegin.size() + 2 + kEnd.size()) return '"' + std::string(size - 2, 'x') + '"';
  std::string value(kBegin);
  while (value.size() + kItem.size() + 2 + kEnd.size() <= size) value += kItem;
  value += '"' + std::string(size - value.size() - 2 - kEnd.size(), 'x') + '"';
  return value.append(kEnd);
}

}  // namespace

std::string make_body(const ShapeLine& line) {
  std::string before = R"({"jsonrpc":"2.0")";
  std::string after = "}";
  std::string const id = line.id ? R"(,"id":)" + std::to_string(*line.id) : "";
  if (line.from == From::editor) {
    before += id;
  } else {
    after = id + after;
  }
  if (!line.is_answer()) before.append(R"(,"method":")").append(line.method).append(1, '"');
  if (before.size() + after.size() == line.size && !line.is_answer()) return before + after;
  before += line.is_answer() ? R"(,"result":)" : R"(,"params":)";
  if (before.size() + after.size() >= line.size)
    throw Broken("the recording has a message of " + std::to_string(line.size) +
                 " bytes: too small");
  return before + filling(line.size - before.size() - after.size()) + after;
}

}  // namespace bridge::bench
