#include "bench/gopls/target.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "bench/process.h"
#include "framing/json_text.h"

namespace bridge::bench {
namespace {

constexpr int kDepthMax =
    4;  // a repository's directories; deeper lies what is generated or vendored

// The name of the first exported function at the beginning of a line, and that line's number.
struct Function {
  std::string name;
  int line = 0;
};

std::optional<Function> first_exported_function(std::string_view text) {
  int line = 0;
  for (std::size_t at = 0; at < text.size(); ++line) {
    std::size_t const end = std::min(text.find('\n', at), text.size());
    std::string_view const one = text.substr(at, end - at);
    at = end + 1;
    if (!one.starts_with("func ")) continue;
    std::string_view name = one.substr(5);
    name = name.substr(0, name.find_first_not_of(
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"));
    bool const exported = !name.empty() && name[0] >= 'A' && name[0] <= 'Z';
    if (exported && one.substr(5 + name.size()).starts_with('('))
      return Function{std::string(name), line};
  }
  return std::nullopt;
}

bool is_ordinary_file(std::string_view name) {
  return name.ends_with(".go") && !name.ends_with("_test.go") && name[0] != '.' && name[0] != '_';
}

bool is_ordinary_directory(std::string_view name) {
  return name[0] != '.' && name[0] != '_' && name != "vendor" && name != "testdata";
}

// Files that are built everywhere say nothing about where; others might not belong to the view.
bool may_be_left_out(std::string_view text) {
  return text.find("\n//go:build") != std::string_view::npos || text.starts_with("//go:build") ||
         text.find("import \"C\"") != std::string_view::npos;
}

std::string below(const std::string& directory, std::string_view name) {
  return std::string(directory).append("/").append(name);
}

struct Found {
  std::string path;
  std::string text;
  Function function;
};

std::optional<Found> search(const std::string& directory, int depth) {
  std::vector<std::string> files;
  std::vector<std::string> directories;
  DIR* const listing = ::opendir(directory.c_str());
  if (listing == nullptr) return std::nullopt;
  while (const dirent* const entry = ::readdir(listing)) {
    std::string const name = entry->d_name;
    struct stat status {};
    if (::stat(below(directory, name).c_str(), &status) != 0) continue;
    if (S_ISREG(status.st_mode) && is_ordinary_file(name)) files.push_back(name);
    if (S_ISDIR(status.st_mode) && is_ordinary_directory(name)) directories.push_back(name);
  }
  ::closedir(listing);
  // The same on each machine, whatever the file system's order.
  std::sort(files.begin(), files.end());
  std::sort(directories.begin(), directories.end());
  for (const std::string& name : files) {
    std::string const path = below(directory, name);
    std::string text = read_text(path);
    if (may_be_left_out(text)) continue;
    if (auto function = first_exported_function(text))
      return Found{path, std::move(text), std::move(*function)};
  }
  for (const std::string& name : directories) {
    std::string const inner = below(directory, name);
    // A module inside the module is another one.
    if (depth == kDepthMax || !read_text(below(inner, "go.mod")).empty()) continue;
    if (auto found = search(inner, depth + 1)) return found;
  }
  return std::nullopt;
}

std::string position(const std::string& uri, int line, std::size_t character) {
  return R"("textDocument":{"uri":)" + json_text(uri) + R"(},"position":{"line":)" +
         std::to_string(line) + R"(,"character":)" + std::to_string(character) + "}";
}

[[noreturn]] void wrong(const std::string& what, std::string_view answer) {
  throw Broken("not " + what + ": " + std::string(answer.substr(0, 300)));
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string json;
  framing::append_json_string(json, text);
  return json;
}

std::string file_uri(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file://";
  for (char const c : path) {
    bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-_.~").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      auto const byte = static_cast<unsigned char>(c);
      uri.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return uri;
}

Target choose_target(const std::string& module) {
  auto found = search(module, 0);
  if (!found) throw Broken("no Go file with an exported function in " + module);
  Target target;
  target.path = found->path;
  target.uri = file_uri(found->path);
  target.function = found->function.name;
  target.text = std::move(found->text);
  if (!target.text.ends_with('\n')) target.text += '\n';
  auto const lines = static_cast<int>(std::count(target.text.begin(), target.text.end(), '\n'));
  // The name without its last letter, so that there is something to complete.
  std::string const begun =
      target.function.substr(0, std::max<std::size_t>(1, target.function.size() - 1));
  target.text +=
      "\nvar goplsBridgeBench int = \"not a number\"\n\nfunc goplsBridgeBenchBody() {\n\t" + begun +
      "\n}\n";
  constexpr std::size_t kBehindFunc = 5;  // "func "
  target.hover_params = "{" + position(target.uri, found->function.line, kBehindFunc) + "}";
  target.hover_text = "func " + target.function + "(";
  target.completion_params =
      "{" + position(target.uri, lines + 4, 1 + begun.size()) + R"(,"context":{"triggerKind":1}})";
  target.cheap_params = R"({"textDocument":{"uri":)" + json_text(target.uri) + "}}";
  return target;
}

bool hover_is_right(std::string_view answer, const Target& target) {
  auto const json = nlohmann::json::parse(answer);
  if (json.contains("error")) wrong("a hover", answer);
  auto const result = json.value("result", nlohmann::json());
  return result.is_object() &&
         result.at("contents").at("value").get<std::string>().find(target.hover_text) !=
             std::string::npos;
}

void check_completion(std::string_view answer, const Target& target) {
  auto const json = nlohmann::json::parse(answer);
  auto const result = json.value("result", nlohmann::json());
  if (!result.is_object()) wrong("a completion", answer);
  for (auto const& item : result.at("items"))
    if (item.at("label") == target.function) return;
  wrong("a completion with " + target.function, answer);
}

void check_cheap(std::string_view answer, const Target&) {
  auto const json = nlohmann::json::parse(answer);
  if (!json.contains("id")) wrong("an answer", answer);
}

}  // namespace bridge::bench
