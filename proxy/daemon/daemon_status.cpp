// What the daemon tells `gopls-bridge status`.
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "proxy/daemon/daemon.h"
#include "proxy/daemon/scope.h"
#include "proxy/server/go_build_info.h"
#include "proxy/server/process_usage.h"

namespace bridge::daemon {

using lease::ControlMessage;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// A front answers in microseconds; one that does not is stuck or stopped.
constexpr milliseconds kReportPatience{150};

std::uint64_t count(milliseconds time) { return static_cast<std::uint64_t>(time.count()); }

std::string module_version(const std::string& program) {
  auto const info = server::read_build_info(program);
  if (!info) return {};
  auto const at = info->module_text.find("\nmod\t");
  if (at == std::string::npos) return {};
  auto const begin = info->module_text.find('\t', at + 5);
  if (begin == std::string::npos) return {};
  auto const end = info->module_text.find_first_of("\t\n", begin + 1);
  return info->module_text.substr(begin + 1, end - begin - 1);
}

}  // namespace

void Daemon::ask_for_reports() {
  for (auto const& [id, front] : fronts_) {
    if (front->facts.empty()) continue;
    front->asked = true;
    front->send({.verb = "report", .fields = {}});
  }
}

void Daemon::on_status(Front& front) {
  status_waiters_.push_back(front.id());
  if (status_waiters_.size() > 1) return;  // the reports are under way
  ask_for_reports();
  after(status_timer_, kReportPatience, [this] { answer_status(); });
}

void Daemon::answer_status() {
  status_timer_.cancel();
  for (FrontId const waiter : std::exchange(status_waiters_, {})) {
    auto const found = fronts_.find(waiter);
    if (found == fronts_.end()) continue;
    Front& asking = *found->second;
    asking.send(about_daemon());
    for (auto const& [id, server] : servers_) {
      if (!server.ended) asking.send(about(id, server));
    }
    for (auto const& [id, front] : fronts_) {
      if (!front->facts.empty() && !front->gone()) asking.send(about(*front));
    }
    about_parked(asking);
    asking.send({.verb = "end", .fields = {}});
  }
  for (auto const& [id, front] : fronts_) front->asked = false;
}

ControlMessage Daemon::about_daemon() const {
  ControlMessage message{.verb = "daemon", .fields = {}};
  message.add("pid", static_cast<std::uint64_t>(::getpid()))
      .add("version", settings_.version)
      .add("instance", settings_.instance)
      .add("began", began_)
      .add("started", settings_.started)
      .add("directory", place_.directory.path);
  for (Listening const& one : listening_) {
    if (!one.gone) message.add(one.socket.raw ? "lsp" : "control", one.socket.path);
  }
  message.add("idle_timeout_ms", count(settings_.idle_timeout))
      .add("memory_budget_kib", settings_.memory_budget_kib)
      .add("adopted", adopted_)
      .add("park_timeout_ms", count(settings_.park_timeout))
      .add("parked_max", settings_.parked_max)
      .add("resumed", resumed_)
      .add("dropped", dropped_)
      .add("refusals", refusals_)
      .add("last_refusal", last_refusal_);
  return message;
}

ControlMessage Daemon::about(ServerId id, const Server& server) const {
  ServerProcess& process = *server.process;
  ControlMessage message{.verb = "server", .fields = {}};
  message.add("server", process.name())
      .add("key", process.recipe().key)
      .add("pid", static_cast<std::uint64_t>(process.pid()))
      .add("gopls", process.recipe().program)
      .add("version", module_version(process.recipe().program))
      .add("go", process.recipe().go)
      .add("go_version", process.recipe().go_version);
  for (std::string const& name : process.environment_names()) message.add("env", name);
  if (auto const usage = server::process_usage(process.pid())) {
    message.add("pss_kib", usage->pss_kib).add("cpu_ms", count(usage->cpu));
  }
  message.add("cgroup", cgroup_of(process.pid()))
      .add("scope", server.scope)
      .add("began", process.began())
      .add("restarts", pool_.restarts(process.recipe().key))
      .add("adopted", process.adopted() ? 1 : 0)
      .add("log", process.errors().path());
  auto const found = pool_.servers().find(id);
  if (found == pool_.servers().end()) return message;
  Pool::Server const& pooled = found->second;
  bool const idle = pooled.leases.empty() && server.serving;
  auto const parked = static_cast<std::size_t>(
      std::count_if(pooled.leases.begin(), pooled.leases.end(), is_parked_holder));
  message.add("sessions", pooled.leases.size() - parked)
      .add("parked", parked)
      .add("state", !server.serving ? "starting"
                    : idle          ? "idle"
                                    : "serving");
  if (!idle) return message;
  auto const idle_for = duration_cast<milliseconds>(now() - pooled.idle_since);
  message.add("idle_ms", count(idle_for));
  if (settings_.idle_timeout.count() > 0) {
    message.add("ends_in_ms", count(std::max(settings_.idle_timeout - idle_for, milliseconds(0))));
  }
  return message;
}

ControlMessage Daemon::about(const Front& front) const {
  ControlMessage message{.verb = "session", .fields = front.facts};
  if (auto const server = pool_.lease_of(front.id())) {
    auto const found = servers_.find(*server);
    if (found != servers_.end()) message.add("server", found->second.process->name());
  }
  message.add("seen",
              static_cast<std::uint64_t>(duration_cast<seconds>(now() - front.facts_at).count()));
  if (front.asked) message.add("no_answer", 1);
  if (parking_.is_leaving(front.id())) message.add("leaving", 1);
  return message;
}

std::uint64_t Daemon::quiet_ms(const Front& front) {
  std::uint64_t quiet = 0;
  for (auto const& [name, value] : front.facts) {
    if (name == "quiet_ms") std::from_chars(value.data(), value.data() + value.size(), quiet);
  }
  return quiet + count(duration_cast<milliseconds>(now() - front.facts_at));
}

}  // namespace bridge::daemon
