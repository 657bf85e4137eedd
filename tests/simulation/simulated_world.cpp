#include "tests/simulation/simulated_world.h"

#include <utility>

namespace bridge::simulation {

using session::SessionTimer;

// What the bridge holds of a server. Deleted with it, so that who touches it later is found.
struct SimulatedWorld::Server {
  Server(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out)
      : to_server(std::move(in)),
        from_server(std::move(out)),
        source(from_server),
        sink(to_server) {}
  std::shared_ptr<Pipe> to_server;
  std::shared_ptr<Pipe> from_server;
  PipeSource source;
  PipeSink sink;
  bool hangup_told = false;
  bool exited = false;
  bool exit_told = false;
};

SimulatedWorld::SimulatedWorld(Stage& stage, const Plan& plan, std::uint64_t seed,
                               std::shared_ptr<Pipe> from_editor, std::shared_ptr<Pipe> to_editor)
    : stage_(stage),
      plan_(plan),
      dice_(seed, "bridge"),
      fate_(seed, "fate"),
      seed_(seed),
      from_editor_(std::move(from_editor)),
      to_editor_(std::move(to_editor)),
      editor_source_(from_editor_),
      editor_sink_(to_editor_) {
  from_editor_->on_readable = [this] { wake(); };
  to_editor_->on_writable = [this] { wake(); };
}

SimulatedWorld::~SimulatedWorld() = default;

void SimulatedWorld::begin() {
  spawn();
  core_ = std::make_unique<session::SessionCore>(editor_source_, editor_sink_, ends(), *this,
                                                 plan_.settings);
  settle();
}

void SimulatedWorld::be_calm() {
  stage_.calm = true;
  note("no more accidents");
  last_->be_calm();
}

void SimulatedWorld::upgrade() {
  if (outcome_) return;
  ++version_;
  note("program changed");
  core_->on_program_changed();
  settle();
}

void SimulatedWorld::signal() {
  if (outcome_) return;
  core_->on_signal("Terminated");
  settle();
}

// --- servers -------------------------------------------------------------------------------------

void SimulatedWorld::spawn() {
  stage_.chronicle.started(stage_.timeline.now());
  int const number = stage_.chronicle.starts();
  std::string const name = std::to_string(number);
  auto const in =
      std::make_shared<Pipe>(stage_.timeline, Dice(seed_, "in" + name), plan_.server_pipe);
  auto const out =
      std::make_shared<Pipe>(stage_.timeline, Dice(seed_, "out" + name), plan_.server_pipe);
  ModelServer::Conduct conduct = stage_.calm ? plan_.server : conduct_of(plan_, fate_, number);
  conduct.number = number;
  conduct.version = version_;
  conduct.shared = plan_.server.shared && !own_;
  last_ = std::make_shared<ModelServer>(stage_, conduct, Dice(seed_, "server" + name), in, out);
  last_->on_death = [this](ModelServer::Death death) { on_death(death); };
  last_->run();
  in->on_writable = [this] { wake(); };
  out->on_readable = [this] { wake(); };
  server_ = std::make_unique<Server>(in, out);
}

boost::system::result<session::ServerEnds, lease::AcquireError> SimulatedWorld::start_server(
    lease::AcquireReason reason) {
  still_running("started a server");
  note("starts a server, reason " + std::to_string(static_cast<int>(reason)));
  forget_server();
  Time const now = stage_.timeline.now();
  // The delays allow four starts in six seconds; a server that has proven itself begins them anew.
  Time& oldest =
      recent_starts_[static_cast<std::size_t>(stage_.chronicle.attempts()) % recent_starts_.size()];
  if (oldest != Time{} && now - oldest < seconds(5)) fault("starts servers without a pause");
  oldest = last_start_ = now;
  if (!stage_.calm && fate_.percent(plan_.failed_starts)) {
    note("which fails");
    stage_.chronicle.start_failed(now);
    return lease::AcquireError{"no such file"};
  }
  if (reason == lease::AcquireReason::suspected) own_ = true;
  spawn();
  return ends();
}

session::ServerEnds SimulatedWorld::ends() {
  return {.source = &server_->source,
          .sink = &server_->sink,
          .name = last_->name(),
          .sharing = plan_.server.shared && !own_ ? lease::Sharing::pooled : lease::Sharing::own};
}

void SimulatedWorld::on_death(ModelServer::Death death) {
  bool const crashed = death == ModelServer::Death::crashed;
  if (!crashed && !ending_ && !last_->stopping()) fault("closed a server's input");
  if (crashed) stage_.chronicle.lost(stage_.timeline.now());
  killed_ = crashed && !last_->poisoned() && fate_.percent(plan_.killed);
  if (!server_) return;
  server_->to_server->close_reader();
  auto const close = [out = server_->from_server, crashed, lose = fate_.percent(30),
                      reset = fate_.percent(30)] {
    if (crashed) {
      out->break_writer(lose, reset);
    } else {
      out->close_writer();
    }
  };
  if (crashed && fate_.percent(plan_.held_outputs)) {
    stage_.timeline.after(seconds(3), close);
  } else {
    close();
  }
  stage_.timeline.after(milliseconds(fate_.below(20)), [this, dead = last_] {
    if (!server_ || last_ != dead) return;
    server_->exited = true;
    wake();
  });
  wake();
}

void SimulatedWorld::forget_server() {
  if (!server_) return;
  if (last_->alive() && !last_->stopping() && !outcome_) {
    stage_.chronicle.lost(stage_.timeline.now());
  }
  last_->kill();
  server_->to_server->on_writable = [] {};
  server_->from_server->on_readable = [] {};
  server_.reset();
}

void SimulatedWorld::close_server_input() {
  still_running("closed a server's input");
  note("closes the server's input");
  if (server_) server_->to_server->close_writer();
}

void SimulatedWorld::drop_server(bool kill) {
  still_running("dropped a server");
  note(kill ? "drops the server and kills it" : "drops the server");
  forget_server();
}

session::ServerEnd SimulatedWorld::how_it_ended() {
  return {.words = killed_ ? "killed" : "panic", .killed = killed_};
}

std::optional<std::string> SimulatedWorld::read_file(std::string_view raw_uri,
                                                     std::size_t bytes_max) {
  Json const uri = Json::parse(raw_uri, nullptr, false);
  auto const at = uri.is_string() ? stage_.disk.find(uri.get<std::string>()) : stage_.disk.end();
  if (at == stage_.disk.end() || at->second.size() > bytes_max) return std::nullopt;
  return at->second;
}

void SimulatedWorld::try_program(const std::string& frame) {
  still_running("tried a program");
  FrameReader reader;
  reader.feed(frame);
  Json const asked = Json::parse(reader.next().value_or(""), nullptr, false);
  if (!asked.is_object() || asked.value("method", "") != "initialize") {
    return fault("tried a program with what is no initialize: " + frame);
  }
  Json const answer = {{"jsonrpc", "2.0"},
                       {"id", asked.value("id", Json())},
                       {"result", ModelServer::capabilities(version_)}};
  stage_.timeline.after(milliseconds(dice_.below(2000)), [this, text = answer.dump()] {
    if (outcome_) return;
    core_->on_program_tried(text, "");
    settle();
  });
}

// --- time ----------------------------------------------------------------------------------------

void SimulatedWorld::arm(SessionTimer timer, milliseconds delay) {
  still_running("armed a timer");
  // From here on the session sends the server nothing more.
  if (timer == SessionTimer::stop_limit) stage_.chronicle.ended_in_order(stage_.timeline.now());
  disarm(timer);
  auto& ticket = timers_[static_cast<std::size_t>(timer)];
  ticket = stage_.timeline.after(delay, [this, timer, &ticket] {
    ticket.reset();
    if (outcome_) return;
    // Hibernation and the like are looked at now and then; nothing needs more than this.
    if (++timers_fired_ > 2000 + 5 * stage_.timeline.seconds_since_start()) {
      fault("waits for timer after timer, now " + std::to_string(static_cast<int>(timer)));
    }
    core_->on_timer(timer);
    settle();
  });
}

void SimulatedWorld::disarm(SessionTimer timer) {
  auto& ticket = timers_[static_cast<std::size_t>(timer)];
  if (ticket) stage_.timeline.cancel(*ticket);
  ticket.reset();
}

// --- the session's end ---------------------------------------------------------------------------

void SimulatedWorld::log(session::LogKind /*kind*/, const std::string& text) {
  if (stage_.referee.verbose()) note("log: " + text);
}

void SimulatedWorld::finish(int exit_code, const std::string& reason) {
  still_running("finished");
  note("finishes with " + std::to_string(exit_code) + ": " + reason);
  outcome_ = Outcome{exit_code, reason};
  for (auto& ticket : timers_) {
    if (ticket) stage_.timeline.cancel(*ticket);
    ticket.reset();
  }
  // As the kernel does it for a process that is gone.
  from_editor_->close_reader();
  to_editor_->close_writer();
  ending_ = true;
  if (server_) server_->to_server->close_writer();
}

void SimulatedWorld::still_running(const char* what) {
  if (outcome_) fault(std::string(what) + " after its end");
}

// --- readiness -----------------------------------------------------------------------------------

void SimulatedWorld::settle() {
  core_->settle();
  wake();
}

void SimulatedWorld::wake() {
  if (woken_ || outcome_) return;
  woken_ = true;
  stage_.timeline.after(microseconds(dice_.below(plan_.lag_max.count() + 1)), [this] {
    woken_ = false;
    if (!outcome_) turn();
  });
}

// As much as an event loop may find at once: some of what is ready, then the session settles.
void SimulatedWorld::turn() {
  std::size_t const most = dice_.between(1, 5);
  bool any = false;
  for (std::size_t i = 0; i < most && deliver_one(); ++i) any = true;
  if (!any) return;
  if (editor_source_.read_after_end() || (server_ && server_->source.read_after_end())) {
    fault("reads behind an end of file");
  }
  // The longest histories have some 10,000 turns.
  if (++turns_ > 1'000'000) return fault("is always busy");
  settle();
}

bool SimulatedWorld::deliver_one() {
  enum class Event : std::uint8_t {
    editor_source,
    editor_sink,
    editor_hangup,
    source,
    sink,
    hangup,
    exit
  };
  std::array<Event, 7> ready{};
  std::size_t count = 0;
  auto const add = [&](bool is, Event event) {
    if (is) ready[count++] = event;
  };
  add(core_->wants_editor_source() && from_editor_->readable(), Event::editor_source);
  add(core_->wants_editor_sink() && (to_editor_->writable() || to_editor_->reader_gone()),
      Event::editor_sink);
  add(to_editor_->reader_gone() && !editor_hangup_told_, Event::editor_hangup);
  if (server_ && core_->has_server()) {
    Pipe const& in = *server_->to_server;
    add(core_->wants_server_source() && server_->from_server->readable(), Event::source);
    add(core_->wants_server_sink() && (in.writable() || in.reader_gone()), Event::sink);
    add(in.reader_gone() && !in.writer_gone() && !server_->hangup_told, Event::hangup);
    add(server_->exited && !server_->exit_told, Event::exit);
  }
  if (count == 0) return false;
  switch (ready[dice_.below(count)]) {
    case Event::editor_source:
      core_->on_editor_source_ready();
      break;
    case Event::editor_sink:
      core_->on_editor_sink_ready();
      break;
    case Event::editor_hangup:
      editor_hangup_told_ = true;
      core_->on_editor_sink_hangup();
      break;
    case Event::source:
      core_->on_server_source_ready();
      break;
    case Event::sink:
      core_->on_server_sink_ready();
      break;
    case Event::hangup:
      server_->hangup_told = true;
      core_->on_server_sink_hangup();
      break;
    case Event::exit:
      server_->exit_told = true;
      core_->on_server_exited();
      break;
  }
  return true;
}

}  // namespace bridge::simulation
