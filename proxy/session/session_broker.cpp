// What a session and the broker daemon have to say to each other.
#include <unistd.h>

#include <utility>

#include "proxy/session/session.h"
#include "proxy/session/session_server.h"

namespace bridge::session {

void Session::on_broker() {
  using Kind = lease::BrokerLink::Event::Kind;
  for (auto const& event : broker_->on_readable()) {
    if (event.kind == Kind::report) tell_broker();
    if (event.kind == Kind::sleep) core_->on_memory_short();
    if (event.kind == Kind::replace) core_->on_program_changed();
  }
}

// The facts of `session` in CONTROL.md.
void Session::tell_broker() {
  told_first_ = true;
  SessionCore::Figures const figures = core_->figures();
  auto const moment = now();
  if (std::exchange(messages_told_, figures.messages_in) != figures.messages_in)
    messages_grew_at_ = moment;
  auto const quiet =
      std::chrono::duration_cast<std::chrono::milliseconds>(moment - messages_grew_at_);
  std::string const own_reason = own_reason_ ? own_reason_() : std::string();
  bool const asleep = core_->replay().phase() == Replay::Phase::asleep;
  const char* const state = asleep                ? "hibernating"
                            : !own_reason.empty() ? "private"
                            : core_->has_server() ? "live"
                                                  : "starting";
  std::vector<std::pair<std::string, std::string>> facts;
  auto const add = [&facts](const char* name, std::uint64_t value) {
    facts.emplace_back(name, std::to_string(value));
  };
  add("pid", static_cast<std::uint64_t>(::getpid()));
  facts.emplace_back("editor", core_->editor());
  for (std::string const& folder : core_->folders()) facts.emplace_back("folder", folder);
  add("began", began_);
  facts.emplace_back("state", state);
  if (!own_reason.empty()) facts.emplace_back("reason", own_reason);
  if (server_ && server_->connection.process) {
    add("server_pid", static_cast<std::uint64_t>(server_->connection.process->pid()));
  }
  add("messages_in", figures.messages_in);
  add("messages_out", figures.messages_out);
  add("bytes_in", figures.bytes_in);
  add("bytes_out", figures.bytes_out);
  add("in_flight", figures.in_flight);
  add("replays", figures.replays);
  add("quiet_ms", static_cast<std::uint64_t>(quiet.count()));
  broker_->tell(std::move(facts));
}

}  // namespace bridge::session
