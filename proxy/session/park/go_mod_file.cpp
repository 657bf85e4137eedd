#include "proxy/session/park/go_mod_file.h"

#include <algorithm>
#include <cstddef>

namespace bridge::session {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// A quoted text; `rest` begins with its quote. Go's escapes are not decoded but for \" and \\:
// no path that the go command takes has another.
std::string take_quoted(std::string_view& rest) {
  char const quote = rest.front();
  std::string text;
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != quote; ++at) {
    if (quote == '"' && rest[at] == '\\' && at + 1 < rest.size()) ++at;
    text += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return text;
}

// The words of one line, without its comment.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (;;) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty() || line.starts_with("//")) return words;
    if (line.front() == '"' || line.front() == '`') {
      words.push_back(take_quoted(line));
      continue;
    }
    std::size_t size = 1;
    if (line.front() != '(' && line.front() != ')') {
      while (size < line.size() && !is_blank(line[size]) && line[size] != '(' &&
             line[size] != ')' && !line.substr(size).starts_with("//"))
        ++size;
    }
    words.emplace_back(line.substr(0, size));
    line.remove_prefix(size);
  }
}

bool is_local(std::string_view path) {
  return path == "." || path == ".." || path.starts_with("./") || path.starts_with("../") ||
         path.starts_with('/');
}

// Capital letters are escaped: the cache may lie where they are not told from small ones
// (https://go.dev/ref/mod#module-cache).
void append_escaped(std::string& out, std::string_view text) {
  for (char const c : text) {
    if (c >= 'A' && c <= 'Z') {
      out += '!';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
}

// A name that would lead out of the cache is none.
void add_module(GoModFile& file, std::string_view path, std::string_view version) {
  std::string const between = "/" + std::string(path) + "@" + std::string(version) + "/";
  bool const harmless = !path.empty() && !version.empty() && !path.starts_with('/') &&
                        between.find('\0') == std::string::npos &&
                        between.find("/../") == std::string::npos &&
                        between.find("/./") == std::string::npos;
  if (!harmless) return;
  std::string name;
  append_escaped(name, path);
  name += '@';
  append_escaped(name, version);
  file.modules.push_back(std::move(name));
}

void read_line(GoModFile& file, const std::string& verb, const std::vector<std::string>& words) {
  if (words.empty()) return;
  if (verb == "go" || verb == "toolchain") {
    file.language += verb + " " + words[0] + "\n";
  } else if (verb == "use") {
    file.local.push_back(words[0]);
  } else if (verb == "require") {
    if (words.size() >= 2) add_module(file, words[0], words[1]);
  } else if (verb == "replace") {
    auto const arrow = std::find(words.begin(), words.end(), "=>");
    if (words.end() - arrow < 2) return;
    if (words.end() - arrow >= 3)
      add_module(file, arrow[1], arrow[2]);
    else if (is_local(arrow[1]))
      file.local.push_back(arrow[1]);
  }
}

}  // namespace

GoModFile read_go_mod(std::string_view text) {
  GoModFile file;
  std::string block;  // the verb of the block that is open
  while (!text.empty()) {
    std::size_t const size = std::min(text.find('\n'), text.size());
    std::vector<std::string> words = words_of(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
    if (words.empty()) continue;
    if (!block.empty()) {
      if (words[0] == ")")
        block.clear();
      else
        read_line(file, block, words);
      continue;
    }
    std::string const verb = std::move(words[0]);
    words.erase(words.begin());
    if (!words.empty() && words[0] == "(" && verb != ")")
      block = verb;
    else
      read_line(file, verb, words);
  }
  std::erase_if(file.local,
                [](const std::string& path) { return path.find('\0') != std::string::npos; });
  return file;
}

}  // namespace bridge::session
