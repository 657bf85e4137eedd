// What is asked about: one exported function of the module, and what the right answers contain. The
// file is opened with text behind what is on the disk (an error to be diagnosed, a name to be
// completed): an overlay, as an editor has unsaved text. No file is written.
#pragma once

#include <string>
#include <string_view>

namespace bridge::bench {

struct Target {
  std::string path;
  std::string uri;
  std::string text;          // as it is opened
  std::string function;      // "Greeting"
  std::string hover_params;  // JSON
  std::string hover_text;    // "func Greeting("
  std::string completion_params;
  std::string cheap_params;  // of kCheapRequest
};

// A request that every way passes on to gopls and that gopls refuses without looking at anything.
// (A method that is not of the protocol would not do: gopls' own forwarder refuses it by itself.)
inline constexpr std::string_view kCheapRequest = "textDocument/documentColor";

// Looks for the first exported function in the Go files of the module, files of its own directory
// first. Throws Broken when there is none.
Target choose_target(const std::string& module);

// Throw Broken, with what came, when the answer is not the right one.
bool hover_is_right(std::string_view answer, const Target& target);
void check_completion(std::string_view answer, const Target& target);
void check_cheap(std::string_view answer, const Target& target);

// "file:///…", with what is no plain character escaped.
std::string file_uri(std::string_view path);
// As a JSON string, with its quotes.
std::string json_text(std::string_view text);

}  // namespace bridge::bench
