// Reads a golden transcript. The format is in README.md; nothing is executed here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::golden {

struct Step {
  enum class Kind : std::uint8_t {
    send,         // "> ": the editor sends it, the server gets it
    send_lost,    // ">! ": the editor sends it, the server must not get it
    receive,      // "< ": the editor gets it next
    end_of_file,  // "> (end of file)": the editor closes its side
    exit_code,    // "= N": the bridge ends so, and nothing more came
  };
  Kind kind = Kind::send;
  std::string text;  // a message's body, byte for byte
  int exit_code = 0;
  int line = 0;
};

struct Transcript {
  std::vector<std::string> arguments;         // "$ gopls-bridge …", without the program
  std::vector<std::string> server_arguments;  // "@ …"
  std::vector<Step> steps;
};

// Throws std::runtime_error with the line's number where the text is no transcript.
Transcript parse_transcript(std::string_view text);

}  // namespace bridge::golden
