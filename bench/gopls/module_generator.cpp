#include "bench/gopls/module_generator.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "bench/gopls/module_text.h"
#include "proxy/kernel/unique_fd.h"

namespace bridge::bench {
namespace {

std::string two_digits(int number) {
  return std::string(number < 10 ? "0" : "") + std::to_string(number);
}

std::string replaced(std::string text, std::string_view mark, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += by.size()) {
    text.replace(at, mark.size(), by);
  }
  return text;
}

std::string store_text(int package) {
  // A tree: deep enough that packages are loaded in an order, wide enough to use several CPUs.
  int const imported = (package - 1) / 2;
  bool const imports = package > 0;
  std::string text = replaced(std::string(kStoreGo), "@IMPORT", imports ? kStoreImport : "");
  text = replaced(std::move(text), "@EXTRA", imports ? kStoreExtra : "");
  return replaced(replaced(std::move(text), "@N", two_digits(package)), "@P", two_digits(imported));
}

std::string main_text(int packages) {
  std::string imports;
  std::string handlers;
  for (int i = 0; i < packages; ++i) {
    std::string const name = "stock" + two_digits(i);
    imports += replaced("\t\"example.org/bench/@\"\n", "@", name);
    handlers += replaced(
        "\tmux.Handle(\"/@/\", http.StripPrefix(\"/@\", @.NewHandler(@.NewStore(), os.Stderr)))\n",
        "@", name);
  }
  return replaced(replaced(std::string(kMainGo), "@IMPORTS", imports), "@HANDLERS", handlers);
}

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path);
}

void write_file(const std::string& path, std::string_view text) {
  kernel::UniqueFd const file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) fail(path);
  while (!text.empty()) {
    auto const wrote = ::write(file.get(), text.data(), text.size());
    if (wrote < 0) fail(path);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace

std::vector<GeneratedFile> generate_module(int packages) {
  std::vector<GeneratedFile> files{{"go.mod", std::string(kGoMod)}};
  for (int i = 0; i < packages; ++i) {
    std::string const directory = "stock" + two_digits(i) + "/";
    auto const numbered = [&](std::string_view text) {
      return replaced(std::string(text), "@N", two_digits(i));
    };
    files.push_back({directory + "types.go", numbered(kTypesGo)});
    files.push_back({directory + "store.go", store_text(i)});
    files.push_back({directory + "handler.go", numbered(kHandlerGo)});
  }
  files.push_back({"main.go", main_text(packages)});
  return files;
}

void write_module(const std::string& directory, const std::vector<GeneratedFile>& files) {
  make_directory(directory);
  for (const GeneratedFile& file : files) {
    auto const slash = file.name.find('/');
    if (slash != std::string::npos) make_directory(directory + "/" + file.name.substr(0, slash));
    write_file(directory + "/" + file.name, file.text);
  }
}

}  // namespace bridge::bench
