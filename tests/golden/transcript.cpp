#include "tests/golden/transcript.h"

#include <sstream>
#include <stdexcept>

namespace bridge::golden {
namespace {

using Kind = Step::Kind;

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

bool take_prefix(std::string& line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return false;
  line.erase(0, prefix.size());
  return true;
}

}  // namespace

Transcript parse_transcript(std::string_view text) {
  Transcript transcript;
  std::istringstream stream{std::string(text)};
  int number = 0;
  bool open = false;  // a message that may go on in the next line
  auto const begin = [&](Kind kind, std::string body) {
    transcript.steps.push_back({.kind = kind, .text = std::move(body), .line = number});
    open = true;
  };
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    if (line == "---") {
      open = false;
    } else if (open) {
      auto const start = line.find_first_not_of(' ');
      if (start != std::string::npos) transcript.steps.back().text += line.substr(start);
    } else if (take_prefix(line, "$ gopls-bridge")) {
      transcript.arguments = words(line);
    } else if (take_prefix(line, "@ ")) {
      transcript.server_arguments.push_back(line);
    } else if (line == "> (end of file)") {
      transcript.steps.push_back({.kind = Kind::end_of_file, .text = {}, .line = number});
    } else if (take_prefix(line, "> ")) {
      begin(Kind::send, line);
    } else if (take_prefix(line, ">! ")) {
      begin(Kind::send_lost, line);
    } else if (take_prefix(line, "< ")) {
      begin(Kind::receive, line);
    } else if (take_prefix(line, "= ")) {
      transcript.steps.push_back(
          {.kind = Kind::exit_code, .text = {}, .exit_code = std::stoi(line), .line = number});
    } else {
      throw std::runtime_error("line " + std::to_string(number) + " is nothing known: " + line);
    }
  }
  if (transcript.steps.empty() || transcript.steps.back().kind != Kind::exit_code)
    throw std::runtime_error("a transcript ends with the exit code: \"= 0\"");
  return transcript;
}

}  // namespace bridge::golden
