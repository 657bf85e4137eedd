// One place where the runtime directory may be: whether sockets and locks there can be trusted, and
// the directory itself, made where it is missing. Which places there are, and in which order, is
// runtime_directory.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/lease/runtime_directory.h"

namespace bridge::lease {

// What a server's socket may be called in servers/: with it, a path must fit sockaddr_un, because
// gopls binds by path.
inline constexpr std::size_t kServerSocketNameBytesMax = 24;

// Where the directory would be made: `name` in `parent`, which must exist and be safe: nobody else
// could put another directory there under our feet.
struct RuntimePlace {
  std::string parent;
  std::string name;
};

struct TakenPlace {
  std::string path;  // empty: not taken
  kernel::UniqueFd fd;
  std::string complaint;  // then, and why, in words for the user
};
TakenPlace take_runtime_place(const RuntimePlace& place, std::string_view instance);

// "": it may be the name of an instance. Else why not, in words for the user.
std::string instance_complaint(std::string_view instance);

// Why a file system is none for sockets and locks, by statfs(2)'s f_type; empty: it is fit.
std::string_view unfit_file_system(std::uint64_t type) noexcept;

}  // namespace bridge::lease
