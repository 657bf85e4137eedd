#include "proxy/session/journal/shown_state.h"

#include <algorithm>

#include "framing/json_text.h"
#include "proxy/session/journal/json_fields.h"
#include "proxy/session/journal/message_id.h"

namespace bridge::session {
namespace {

// Tokens that a server created and never began. gopls has one or two at a time.
constexpr std::size_t kTokensMax = 256;
// Files without diagnostics that are remembered.
constexpr std::size_t kCleanFilesMax = 256;

constexpr FieldName kToken("token");

std::string decoded(std::string_view raw) {
  return is_string(raw) ? framing::decode_json_string(between_quotes(raw)) : std::string();
}

auto find_token(std::vector<ShownState::Token>& tokens, std::string_view raw) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [&](const ShownState::Token& token) { return same_id(token.raw, raw); });
}

}  // namespace

bool ShownState::register_capability(std::string_view params) {
  static constexpr FieldName kRegistrations("registrations");
  static constexpr FieldName kId("id");
  static constexpr FieldName kMethod("method");
  return for_each_element(field(params, kRegistrations), [&](std::string_view raw) {
    if (!is_object(raw)) return true;
    std::string id = decoded(field(raw, kId));
    erase_registration(id);
    registrations_.push_back({std::move(id), decoded(field(raw, kMethod)), std::string(raw)});
    return true;
  });
}

bool ShownState::unregister_capability(std::string_view params) {
  // LSP spells it so, and says that it will not be mended before version 4.
  static constexpr FieldName kUnregisterations("unregisterations");
  static constexpr FieldName kId("id");
  return for_each_element(field(params, kUnregisterations), [&](std::string_view raw) {
    if (is_object(raw)) erase_registration(decoded(field(raw, kId)));
    return true;
  });
}

void ShownState::erase_registration(std::string_view id) {
  std::erase_if(registrations_, [&](const Registration& known) { return known.id == id; });
}

bool ShownState::create_progress(std::string_view params) {
  std::string_view const token = field(params, kToken);
  if (token.empty()) return false;
  if (find_token(tokens_, token) != tokens_.end()) return true;
  if (tokens_.size() >= kTokensMax) {
    auto const idle = std::find_if(tokens_.begin(), tokens_.end(),
                                   [](const Token& known) { return !known.begun; });
    tokens_.erase(idle == tokens_.end() ? tokens_.begin() : idle);
  }
  tokens_.push_back({std::string(token), false});
  return true;
}

bool ShownState::progress(std::string_view params) {
  static constexpr FieldName kValue("value");
  static constexpr FieldName kKind("kind");
  auto const token = find_token(tokens_, field(params, kToken));
  if (token == tokens_.end()) return true;
  std::string_view const kind = field(field(params, kValue), kKind);
  if (kind == R"("begin")") token->begun = true;
  if (kind == R"("end")") tokens_.erase(token);
  return true;
}

bool ShownState::publish_diagnostics(std::string_view params) {
  static constexpr FieldName kUri("uri");
  static constexpr FieldName kDiagnostics("diagnostics");
  std::string_view uri;
  std::string_view list;
  bool const ended = for_each_member(params, [&](std::string_view name, std::string_view value) {
    if (kUri.is(name)) uri = value;
    if (kDiagnostics.is(name)) list = value;
  });
  if (!ended || !is_string(uri)) return false;
  std::size_t const first = framing::skip_space(list, std::min<std::size_t>(1, list.size()));
  bool const carries = is_array(list) && first < list.size() && list[first] != ']';
  auto const known = diagnosed_.find(uri);
  if (known == diagnosed_.end()) {
    if (carries) diagnosed_.emplace(uri, true);
    return true;
  }
  if (known->second == carries) return true;
  known->second = carries;
  if (carries) {
    --clean_;
  } else if (++clean_ > kCleanFilesMax) {
    std::erase_if(diagnosed_, [](auto const& file) { return !file.second; });
    clean_ = 0;
  }
  return true;
}

std::vector<std::string> ShownState::open_progress() const {
  std::vector<std::string> open;
  for (const Token& token : tokens_)
    if (token.begun) open.push_back(token.raw);
  return open;
}

std::vector<std::string> ShownState::diagnosed() const {
  std::vector<std::string> files;
  for (auto const& [raw_uri, carries] : diagnosed_)
    if (carries) files.push_back(raw_uri);
  std::sort(files.begin(), files.end());
  return files;
}

void ShownState::restore_diagnosed(std::string raw_uri) {
  diagnosed_.emplace(std::move(raw_uri), true);
}

std::size_t ShownState::memory() const noexcept {
  // A node: the pair, its hash and the link to the next.
  constexpr std::size_t kNodeBytes = sizeof(std::pair<const std::string, bool>) + 16;
  std::size_t bytes = registrations_.capacity() * sizeof(Registration) +
                      tokens_.capacity() * sizeof(Token) +
                      diagnosed_.bucket_count() * sizeof(void*) + diagnosed_.size() * kNodeBytes;
  for (const Registration& known : registrations_)
    bytes += known.id.capacity() + known.method.capacity() + known.raw.capacity();
  for (const Token& token : tokens_) bytes += token.raw.capacity();
  for (auto const& file : diagnosed_) bytes += file.first.capacity();
  return bytes;
}

}  // namespace bridge::session
