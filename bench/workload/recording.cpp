#include "bench/workload/recording.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "bench/process.h"

namespace bridge::bench {

using std::chrono::microseconds;

namespace {

// Takes the piece up to the next blank.
std::string_view take_word(std::string_view& rest) {
  std::size_t const end = std::min(rest.find(' '), rest.size());
  std::string_view const word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.starts_with('-');
}

// "12.345" milliseconds, three decimals always.
bool read_time(std::string_view text, microseconds& time) {
  std::size_t const point = text.find('.');
  long whole = 0;
  long thousandths = 0;
  if (point == std::string_view::npos || text.size() - point != 4) return false;
  if (!read_number(text.substr(0, point), whole)) return false;
  if (!read_number(text.substr(point + 1), thousandths)) return false;
  time = microseconds(whole * 1000 + thousandths);
  return true;
}

// Why the text is no line; null where it is one.
const char* read_line(std::string_view text, ShapeLine& line) {
  std::string_view rest = text;
  if (!read_time(take_word(rest), line.at)) return "no time";
  std::string_view const direction = take_word(rest);
  if (direction != ">" && direction != "<") return "no direction";
  line.from = direction == ">" ? From::editor : From::server;
  if (!read_number(take_word(rest), line.size) || line.size == 0) return "no size";
  std::string_view const id = take_word(rest);
  long number = 0;
  if (id != "-") {
    if (!read_number(id, number)) return "no id";
    line.id = number;
  }
  if (rest.empty() || rest.find(' ') != std::string_view::npos) return "no method";
  if (rest != "-") line.method = rest;
  if (line.is_answer() && !line.id) return "neither id nor method";
  return nullptr;
}

}  // namespace

Recording parse_recording(std::string_view text) {
  Recording lines;
  std::map<std::pair<From, long>, std::size_t> open;  // who asked, and the line
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t const end = std::min(text.find('\n', at), text.size());
    std::string_view const one = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (one.empty() || one.starts_with('#')) continue;
    auto const refuse = [&](const std::string& why) {
      throw Broken("line " + std::to_string(number) + " of the recording: " + why);
    };
    ShapeLine line;
    if (const char* const why = read_line(one, line)) refuse(why);
    if (!lines.empty() && line.at < lines.back().at) refuse("goes back in time");
    if (line.is_answer()) {
      From const asker = line.from == From::editor ? From::server : From::editor;
      auto const found = open.find({asker, *line.id});
      if (found == open.end()) refuse("answers what was not asked");
      line.asked = found->second;
      open.erase(found);
    } else if (line.is_request()) {
      if (!open.emplace(std::pair(line.from, *line.id), lines.size()).second)
        refuse("asks with an id that is in use");
    }
    lines.push_back(line);
  }
  return lines;
}

Recording without_exit(Recording recording) {
  auto const exit = std::find_if(recording.begin(), recording.end(),
                                 [](const ShapeLine& line) { return line.method == "exit"; });
  recording.erase(exit, recording.end());
  return recording;
}

microseconds pause_limit(const Recording& recording, microseconds total) {
  std::vector<microseconds> pauses;
  for (std::size_t i = 1; i < recording.size(); ++i)
    pauses.push_back(recording[i].at - recording[i - 1].at);
  std::sort(pauses.begin(), pauses.end());
  microseconds below{};  // the sum of those that stay as they are
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    auto const others = static_cast<long>(pauses.size() - i);
    if (below + pauses[i] * others > total) return (total - below) / others;
    below += pauses[i];
  }
  return pauses.empty() ? microseconds() : pauses.back();
}

}  // namespace bridge::bench
