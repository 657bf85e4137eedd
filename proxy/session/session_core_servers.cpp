// Which server a session has, and what that means for what it is told.
#include <utility>
#include <vector>

#include "framing/env_insertion.h"
#include "proxy/exit_codes.h"
#include "proxy/session/compose.h"
#include "proxy/session/session_core.h"
#include "proxy/session/session_needs.h"

namespace bridge::session {

using relay::Decision;
using relay::FrameView;

// From here on it is the `initialize` of this session: whatever server it is told to is told the
// editor's environment, which a server of its own has anyway.
Decision SessionCore::with_environment(const FrameView& view) {
  std::vector<framing::EnvValue> values;
  values.reserve(environment_->size());
  for (auto const& [name, value] : *environment_) values.push_back({name, value});
  auto const insertion = framing::insert_env(view.body, values, framing::EnvPrecedence::client);
  if (!insertion) {
    if (!values.empty()) {
      world_.log(LogKind::warning,
                 "initialize has no place for the editor's environment; gopls has its own");
    }
    return pass_to_replay(view);
  }
  std::string body(view.body.substr(0, insertion->offset));
  body += insertion->text;
  body += view.body.substr(insertion->offset + insertion->erased);
  std::string frame = framed(body);
  framing::Envelope const envelope = framing::scan_envelope(body);
  Decision decision = pass_to_replay({framing::text_of(envelope, body), frame.size(), frame, body});
  if (decision.verdict == Decision::Verdict::pass) return Decision::replaced(std::move(frame));
  return decision;
}

// A setting of the whole process would be one for other sessions too: this one gets a process of
// its own, which is told what the editor has said.
bool SessionCore::sets_for_all(const FrameView& view) {
  if (!may_set(view.envelope) || !replay_.outlives()) return false;
  std::string const setting = process_wide_setting(view.body);
  if (setting.empty()) return false;
  needs_.own_reason = "it sets " + setting + ", which all sessions would have";
  other_server_why_ = needs_.own_reason;
  replay_.on_editor_frame(view);
  obey_replay_now();
  return true;
}

// The server was lost before it answered anything: another gets what the editor has sent so far.
void SessionCore::start_over(const std::string& why) {
  std::string const lost = server_name_ + " ended before it answered (" + why + ")";
  if (to_server_.received_bytes() == 0) return finish(kExitNoServer, lost);
  retried_ = true;
  std::string const prologue = prologue_;
  auto again = world_.start_server(lease::AcquireReason::lost_before_answer);
  if (!again) return finish(kExitNoServer, lost + "; " + again.error().message);
  world_.log(LogKind::warning, lost + "; starting over with what the editor has sent");
  adopt(*again);
  to_server_.restart(*again->sink, prologue);
}

// The editor has said what it needs. Its message waits for the server.
void SessionCore::acquire_first() {
  world_.tell_needs(needs_);
  auto first = world_.start_server(lease::AcquireReason::first);
  std::optional<Taken> taken;
  if (first && !first->parked.empty()) {
    taken = read_parked(first->parked);
    if (!taken) first = world_.start_server(lease::AcquireReason::lost);
  }
  if (!first) return finish(kExitNoServer, first.error().message);
  awaits_first_ = false;
  adopt(*first);
  tell_lifecycle();
  taken_ = std::move(taken);
  if (pooled_) world_.start_walk(needs_.folders, taken_ ? &taken_->parked : nullptr);
  to_server_.restart(*first->sink, {});
  to_server_.release();
}

void SessionCore::note(const ServerEnds& ends) {
  server_name_ = ends.name;
  pooled_ = ends.sharing == lease::Sharing::pooled;
  environment_ = ends.environment;
  lifecycle_.on_server(ends.sharing);
  replay_.on_server(ends.sharing);
}

void SessionCore::adopt(const ServerEnds& ends) {
  note(ends);
  has_server_ = true;
  taken_.reset();
  kept_.clear();
  close_input_asked_ = false;
  to_editor_.resume(*ends.source);
  to_editor_end_.reset();
  to_server_end_.reset();
}

void SessionCore::start_server(lease::AcquireReason reason) {
  auto const ends = world_.start_server(reason);
  if (!ends) return replay_.on_start_failed(ends.error().message);
  adopt(*ends);
  ++replays_;
  to_server_.restart(*ends->sink, {});
  replay_.on_server_started(ends->name);
}

}  // namespace bridge::session
