#include "proxy/cli/install_units.h"

namespace bridge::cli {
namespace {

constexpr std::string_view kProgram = "@PROGRAM@";

// A path as one word of ExecStart=: systemd.service(5), "Command lines", and specifiers.
std::string exec_word(std::string_view path) {
  std::string word = "\"";
  for (char const c : path) {
    if (c == '"' || c == '\\') word += '\\';
    if (c == '%' || c == '$') word += c;
    word += c;
  }
  word += '"';
  bool const plain = path.find_first_of(" \t\"'\\%$;") == std::string_view::npos;
  return plain ? std::string(path) : word;
}

}  // namespace

std::string unit_file(const UnitText& unit, std::string_view program) {
  std::string text = std::string(kUnitMark) + std::string(unit.text);
  if (auto const at = text.find(kProgram); at != std::string::npos)
    text.replace(at, kProgram.size(), exec_word(program));
  return text;
}

}  // namespace bridge::cli
