// What the editor's messages say about the server that the session needs.
#pragma once

#include <string>
#include <string_view>

#include "framing/envelope.h"
#include "proxy/lease/server_source.h"

namespace bridge::session {

// Of the body of `initialize`.
lease::SessionNeeds needs_of(std::string_view initialize);

// Not empty: the body sets something that a gopls has one of for all its sessions, and its name.
// `maxFileCacheBytes` and `memoryLimit` (gopls v0.24) change the whole process.
std::string process_wide_setting(std::string_view body);

// Whether the editor can set something by this message: workspace/didChangeConfiguration, and
// answers, among which is that to workspace/configuration.
bool may_set(const framing::EnvelopeText& envelope) noexcept;

// "Visual Studio Code 1.100.0", from clientInfo; empty where it does not say.
std::string editor_of(std::string_view initialize);

}  // namespace bridge::session
