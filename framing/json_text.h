// JSON strings to bytes and back. Allocates, but for append_decoded() into memory that is there:
// not for the relay's path.
#pragma once

#include <string>
#include <string_view>

namespace bridge::framing {

// Appends `text` as a JSON string, with its quotes. A byte that is not part of UTF-8 becomes
// U+FFFD: JSON has no bytes, and Go reads such a byte so.
void append_json_string(std::string& out, std::string_view text);

// The text between the quotes, with escapes decoded to UTF-8 as Go does it: half a surrogate pair
// and bytes that are no UTF-8 become U+FFFD.
std::string decode_json_string(std::string_view raw);
// The same, appended to `out`, whose memory is used again.
void append_decoded(std::string& out, std::string_view raw);

}  // namespace bridge::framing
