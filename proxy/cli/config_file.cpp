// The only file that includes toml++. Its tables are walked once and thrown away; each key is
// looked up in kSettingKeys.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_FLOAT_CHARCONV 1  // else it reads numbers through a stream, and 0.5 MB come with it
#include <toml++/toml.h>

#include "proxy/cli/configuration.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::cli {
namespace {

// A hundred times what the whole table of settings takes with comments.
constexpr std::size_t kFileBytesMax = std::size_t{1024} * 1024;

// An errno, or 0 and the content.
int read_whole(const std::string& path, std::string& content) {
  kernel::UniqueFd const fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return errno;
  char piece[4096];
  for (;;) {
    ssize_t const got = ::read(fd.get(), piece, sizeof piece);
    if (got < 0) return errno;
    if (got == 0) return 0;
    content.append(piece, static_cast<std::size_t>(got));
    if (content.size() > kFileBytesMax) return EFBIG;
  }
}

class Walk {
 public:
  Walk(const std::string& path, Configuration& configuration)
      : path_(path), configuration_(configuration) {}

  // The tables of instances come behind all else, whose settings they replace.
  std::optional<std::string> file(const toml::table& whole, std::string_view instance) {
    if (auto complaint = table(whole, "")) return complaint;
    auto const* const tables = whole.get_as<toml::table>(kInstanceTable);
    if (tables == nullptr) return std::nullopt;
    for (auto const& [name, node] : *tables) {
      auto const line = name.source().begin.line;
      auto const* const settings = node.as_table();
      if (settings == nullptr || !is_instance_name(name.str()))
        return at(line) + "instance." + std::string(name.str()) +
               " is no table with the name of an instance";
      Configuration others = configuration_;
      auto complaint =
          Walk(path_, name.str() == instance ? configuration_ : others).inside(*settings);
      if (complaint) return complaint;
    }
    return std::nullopt;
  }

 private:
  // No instance is chosen by the settings of one.
  std::optional<std::string> inside(const toml::table& settings) {
    for (auto const& [name, node] : settings)
      if (name.str() == kInstanceTable)
        return at(name.source().begin.line) + "an instance has no instances";
    return table(settings, "");
  }

  std::optional<std::string> table(const toml::table& table, const std::string& prefix) {
    for (auto const& [name, node] : table) {
      if (prefix.empty() && name.str() == kInstanceTable && node.is_table()) continue;
      std::string const key = prefix + std::string(name.str());
      auto complaint = entry(key, name.source().begin.line, node);
      if (complaint) return complaint;
    }
    return std::nullopt;
  }

  std::optional<std::string> entry(const std::string& key, toml::source_index line,
                                   const toml::node& node) {
    const SettingKey* const known = find_key(key);
    if (known == nullptr) {
      auto const* const below = node.as_table();
      if (below != nullptr && is_table_of_ours(key)) return table(*below, key + '.');
      return at(line) + "unknown key \"" + key + '"';
    }
    auto const text = text_of(*known, node);
    if (!text) return at(line).append(key).append(" is not ").append(article_and_type(known->type));
    if (auto const complaint =
            configuration_.set(*known, *text, Layer::file, path_ + ':' + std::to_string(line)))
      return at(line) + key + " = " + *text + " " + *complaint;
    return std::nullopt;
  }

  static std::optional<std::string> text_of(const SettingKey& key, const toml::node& node) {
    if (key.type == SettingType::boolean) {
      auto const value = node.value_exact<bool>();
      return value ? std::optional<std::string>(*value ? "true" : "false") : std::nullopt;
    }
    if (key.type != SettingType::integer) return node.value_exact<std::string>();
    auto const number = node.value_exact<std::int64_t>();
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
  }

  static std::string_view article_and_type(SettingType type) {
    if (type == SettingType::integer) return "a whole number";
    if (type == SettingType::boolean) return "true or false";
    if (type == SettingType::duration)
      return "a duration in quotes, such as \"90s\", \"1h30m\", \"500ms\" or \"off\"";
    return "a string";
  }

  static bool is_table_of_ours(const std::string& name) {
    for (auto const& key : kSettingKeys)
      if (key.key.starts_with(name + '.')) return true;
    return false;
  }

  std::string at(toml::source_index line) const {
    return path_ + ':' + std::to_string(line) + ": ";
  }

  const std::string& path_;
  Configuration& configuration_;
};

}  // namespace

std::optional<std::string> read_config_file(const std::string& path, bool required,
                                            std::string_view instance,
                                            Configuration& configuration) {
  std::string content;
  int const error = read_whole(path, content);
  if (!required && (error == ENOENT || error == ENOTDIR)) return std::nullopt;
  if (error != 0) return path + ": " + std::strerror(error);
  configuration.file_exists = true;
  auto const parsed = toml::parse(std::string_view(content), std::string_view(path));
  if (!parsed)
    return path + ':' + std::to_string(parsed.error().source().begin.line) + ": " +
           std::string(parsed.error().description());
  return Walk(path, configuration).file(parsed.table(), instance);
}

}  // namespace bridge::cli
