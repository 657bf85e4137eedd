// JSON-RPC ids as JSON: 1 is not "1", and "a" is "\u0061". gopls may write a string id with other
// escapes than the editor did.
#pragma once

#include <cstdint>
#include <string_view>

namespace bridge::session {

bool same_id(std::string_view left_raw, std::string_view right_raw);

// Equal for ids that are the same.
std::uint32_t id_hash(std::string_view raw_id);

}  // namespace bridge::session
