#include "proxy/session/park_record.h"

#include <algorithm>
#include <array>

#include "proxy/session/compose.h"
#include "proxy/session/journal/message_id.h"
#include "proxy/session/replay/read_only_commands.h"

namespace bridge::session {

using framing::EnvelopeText;
using framing::MessageKind;

namespace {

// gopls answers these only when the workspace is loaded.
bool needs_load(std::string_view method) {
  return method == "textDocument/hover" || method == "textDocument/definition" ||
         method == "textDocument/references" || method == "textDocument/completion" ||
         method == "textDocument/implementation" || method == "workspace/symbol";
}

// By gopls' documentation of each (v0.24): what they do they do to files, or by
// workspace/applyEdit; the session is then told of it like of any edit. VS Code sends the last two
// by itself.
constexpr std::array<std::string_view, 18> kLeaveNothing = {
    R"("gopls.add_dependency")",
    R"("gopls.add_import")",
    R"("gopls.add_test")",
    R"("gopls.apply_fix")",
    R"("gopls.change_signature")",
    R"("gopls.edit_go_directive")",
    R"("gopls.extract_to_new_file")",
    R"("gopls.generate")",
    R"("gopls.go_get_package")",
    R"("gopls.modify_tags")",
    R"("gopls.remove_dependency")",
    R"("gopls.run_tests")",
    R"("gopls.tidy")",
    R"("gopls.update_go_sum")",
    R"("gopls.upgrade_dependency")",
    R"("gopls.vendor")",
    R"("gopls.add_telemetry_counters")",
    R"("gopls.maybe_prompt_for_telemetry")"};

bool leaves_nothing(std::string_view raw_command) {
  return is_read_only_command(raw_command) ||
         std::find(kLeaveNothing.begin(), kLeaveNothing.end(), raw_command) != kLeaveNothing.end();
}

}  // namespace

void ParkRecord::on_editor_message(const EnvelopeText& envelope, std::string_view body) {
  if (envelope.kind == MessageKind::request) {
    if (!envelope.method_is("workspace/executeCommand") || !changed_by_.empty()) return;
    std::string_view const command = raw_param(body, "command");
    if (!leaves_nothing(command)) changed_by_ = command.empty() ? "a command" : command;
    return;
  }
  if (envelope.kind != MessageKind::response || asked_configuration_.empty()) return;
  auto const asked = std::find_if(asked_configuration_.begin(), asked_configuration_.end(),
                                  [&](auto const& one) { return same_id(one.first, envelope.id); });
  if (asked == asked_configuration_.end()) return;
  std::string params = std::move(asked->second);
  asked_configuration_.erase(asked);
  std::string_view const result = field(body, "result");
  if (result.empty()) return;
  auto const known = std::find_if(configuration_.begin(), configuration_.end(),
                                  [&](auto const& one) { return one.first == params; });
  if (known != configuration_.end()) {
    known->second = result;
  } else if (configuration_.size() < kConfigurationsMax) {
    configuration_.emplace_back(std::move(params), result);
  }
}

void ParkRecord::on_server_message(const EnvelopeText& envelope, std::string_view body,
                                   const Journal& journal) {
  if (envelope.kind == MessageKind::request && envelope.method_is("workspace/configuration")) {
    if (asked_configuration_.size() < kConfigurationsMax)
      asked_configuration_.emplace_back(envelope.id, field(body, "params"));
    return;
  }
  if (loaded_) return;
  if (envelope.kind == MessageKind::notification && envelope.method_is("$/progress")) {
    loaded_ =
        field(raw_param(body, "value"), "kind") == "\"end\"" && journal.open_progress().size() <= 1;
  } else if (envelope.kind == MessageKind::response) {
    AskedRequests const& asked = journal.asked();
    for (std::size_t n = 0; n < asked.size() && !loaded_; ++n) {
      AskedRequest const& request = asked.at(n);
      if (!needs_load(request.method) || !same_id(request.raw_id, envelope.id)) continue;
      std::string_view const result = field(body, "result");
      loaded_ = !result.empty() && result != "null";
    }
  }
}

std::string ParkRecord::why_not(const Journal& journal) const {
  if (!journal.initialized()) return "the editor has not finished its start";
  if (!loaded_) return "gopls has not finished its first load";
  if (!journal.open_progress().empty()) return "gopls is at work";
  if (!changed_by_.empty()) return changed_by_ + " has changed what gopls would say";
  if (journal.folders_changed()) return "its folders are not those of its start";
  return {};
}

}  // namespace bridge::session
