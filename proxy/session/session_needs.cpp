#include "proxy/session/session_needs.h"

#include "framing/json_text.h"
#include "proxy/session/compose.h"
#include "proxy/session/journal/json_fields.h"
#include "proxy/session/park/fingerprint.h"

namespace bridge::session {
namespace {

std::string text_of(std::string_view raw) {
  return is_string(raw) ? framing::decode_json_string(between_quotes(raw)) : std::string();
}

// Whether gopls' facts come from files that a walk over the workspace does not see: such a session
// is not parked. Wherever the words stand; who has them for another reason loses little.
bool looks_elsewhere(std::string_view options) {
  for (std::string_view const word : {"GOPACKAGESDRIVER", "GO111MODULE", "-modfile", "-overlay",
                                      "workspaceFiles", "templateExtensions"}) {
    if (options.find(word) != options.npos) return true;
  }
  return false;
}

}  // namespace

lease::SessionNeeds needs_of(std::string_view initialize) {
  lease::SessionNeeds needs;
  for_each_element(raw_param(initialize, "workspaceFolders"), [&needs](std::string_view folder) {
    needs.folders.push_back(text_of(field(folder, "uri")));
    return true;
  });
  if (needs.folders.empty()) {
    std::string root = text_of(raw_param(initialize, "rootUri"));
    if (!root.empty()) needs.folders.push_back(std::move(root));
  }
  std::string const setting = process_wide_setting(raw_param(initialize, "initializationOptions"));
  if (!setting.empty()) needs.own_reason = "it sets " + setting + ", which all sessions would have";
  if (!looks_elsewhere(raw_param(initialize, "initializationOptions")))
    needs.identity = identity_of(initialize);
  needs.parker = parker_of(initialize);
  return needs;
}

std::string process_wide_setting(std::string_view body) {
  // A name may come with its group before it ("build.memoryLimit") and at any depth: wherever it
  // ends a JSON string it is taken for the setting. Who writes it into a text gets a gopls of its
  // own for nothing.
  for (std::string_view const name : {"maxFileCacheBytes", "memoryLimit"}) {
    if (body.find(std::string(name) + '"') != body.npos) return std::string(name);
  }
  return {};
}

bool may_set(const framing::EnvelopeText& envelope) noexcept {
  return envelope.kind == framing::MessageKind::response ||
         envelope.method_is("workspace/didChangeConfiguration");
}

std::string editor_of(std::string_view initialize) {
  std::string_view const client = raw_param(initialize, "clientInfo");
  std::string name = text_of(field(client, "name"));
  std::string const version = text_of(field(client, "version"));
  if (!name.empty() && !version.empty()) name += ' ' + version;
  return name;
}

}  // namespace bridge::session
