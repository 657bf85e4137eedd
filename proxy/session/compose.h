// Messages of the bridge's own, as bodies; framed() makes frames of them. Texts named "raw" are
// JSON.
#pragma once

#include <string>
#include <string_view>

#include "proxy/session/journal/json_fields.h"

namespace bridge::session {

// Codes of the LSP specification that editors take quietly, and one that they show.
inline constexpr int kRequestCancelled = -32800;
inline constexpr int kContentModified = -32801;
inline constexpr int kRequestFailed = -32803;

std::string framed(std::string_view body);

std::string result_message(std::string_view raw_id, std::string_view raw_result);
std::string error_message(std::string_view raw_id, int code, std::string_view text);
// Empty params: none.
std::string request_message(std::string_view raw_id, std::string_view method,
                            std::string_view raw_params);
std::string notification_message(std::string_view method, std::string_view raw_params);
// window/showMessage of type Error.
std::string show_error_message(std::string_view text);

std::string raw_string(std::string_view text);

// The body with the text `raw_id`, which is a part of it, replaced by another.
std::string with_id(std::string_view body, std::string_view raw_id, std::string_view other_raw_id);

// The raw value of a member of params; empty: none.
inline std::string_view raw_param(std::string_view body, const FieldName& name) {
  return field(field(body, "params"), name);
}

}  // namespace bridge::session
