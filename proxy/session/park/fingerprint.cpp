#include "proxy/session/park/fingerprint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "proxy/server/proc_stat.h"
#include "proxy/session/compose.h"
#include "proxy/session/journal/record.h"

namespace bridge::session {
namespace {

using Json = nlohmann::json;

// LSP nests about ten deep in initialize (capabilities, initializationOptions). nlohmann prints by
// recursion, so what an editor may send is cut.
constexpr int kDepthMax = 64;

// The process of that id, if there is one that we see; its own pid namespace may number it
// otherwise, and then another process, or none, is found.
std::optional<std::string> process_name(pid_t pid) {
  auto const start = server::process_start(pid);
  if (!start) return std::nullopt;
  return std::to_string(pid) + ':' + std::to_string(*start);
}

}  // namespace

std::string identity_of(std::string_view initialize) {
  bool too_deep = false;
  auto const shallow = [&too_deep](int depth, Json::parse_event_t, const Json&) {
    too_deep = too_deep || depth > kDepthMax;
    return depth <= kDepthMax;
  };
  auto const message = Json::parse(initialize, shallow, /*allow_exceptions=*/false);
  if (too_deep || !message.is_object()) return {};
  auto const found = message.find("params");
  if (found == message.end() || !found->is_object()) return {};
  Json params = *found;
  for (const char* const name : {"processId", "workDoneToken", "partialResultToken"})
    params.erase(name);
  if (auto const client = params.find("clientInfo"); client != params.end() && client->is_object())
    client->erase("version");
  // nlohmann's objects are sorted by name.
  std::string const text = params.dump(-1, ' ', false, Json::error_handler_t::replace);
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(checksum(text)));
  return digits;
}

std::string parker_of(std::string_view initialize) {
  static constexpr FieldName kProcessId("processId");
  std::string_view const raw = raw_param(initialize, kProcessId);
  pid_t pid = 0;
  auto const [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), pid);
  bool const named = error == std::errc{} && end == raw.data() + raw.size();
  if (named && pid != ::getpid()) {
    if (auto name = process_name(pid)) return *name;
  }
  return process_name(::getppid()).value_or(std::string());
}

}  // namespace bridge::session
