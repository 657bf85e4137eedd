// What the executable says about itself to others, in sections that --gc-sections and strip keep:
// a note by which any bridge knows another, and Go build information, without which VS Code's Go
// extension asks at every start to have "gopls" recompiled.
#include <array>

#include "proxy/cli/version.h"
#include "proxy/server/go_build_info.h"

// namesz counts the NUL; the version (descsz bytes) is for people who read the note.
asm(R"(
  .pushsection .note.gopls-bridge,"aR",@note
  .balign 4
  .long 1f - 0f
  .long 3f - 2f
  .long 1
0: .asciz "gopls-bridge"
1: .balign 4
2: .asciz ")" BRIDGE_VERSION R"("
3: .balign 4
  .popsection
)");

namespace bridge::cli {
namespace {

// "path" and "mod" are our own name, never gopls'. The Go version is that of the gopls in front of
// which the bridge stands: `gopls-bridge stamp` writes it.
constexpr auto kBlock = server::encode_build_info(
    BRIDGE_DEFAULT_GO_VERSION, "path\tgopls-bridge\nmod\tgopls-bridge\tv" BRIDGE_VERSION "\t\n");
static_assert(kBlock.has_value());

}  // namespace
}  // namespace bridge::cli

// `retain` keeps it through --gc-sections; 16: debug/buildinfo looks at every 16th byte.
extern "C" __attribute__((section(".go.buildinfo"), used, retain, aligned(16)))
const bridge::server::BuildInfoBlock gopls_bridge_build_info = *bridge::cli::kBlock;
