// The bounds of what framing accepts. Each number says where it comes from.
#pragma once

#include <cstddef>

namespace bridge::framing {

// VS Code, Neovim and gopls write headers of 20 to 120 bytes; HTTP servers commonly allow 8 KiB.
inline constexpr std::size_t kHeaderBytesMax = 8 * 1024;

struct Limits {
  // The largest body that is accepted. gopls' own limit is 2 GiB, dlv's 4 MiB; the largest
  // message seen in practice is a workspace/symbol answer of a few MiB.
  std::size_t body_bytes_max = 64 * 1024 * 1024;
};

}  // namespace bridge::framing
