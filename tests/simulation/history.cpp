#include "tests/simulation/history.h"

#include <algorithm>

#include "proxy/exit_codes.h"

namespace bridge::simulation {
namespace {

std::shared_ptr<Pipe> make_pipe(Stage& stage, std::uint64_t seed, std::string_view name,
                                const Pipe::Nature& nature) {
  return std::make_shared<Pipe>(stage.timeline, Dice(seed, name), nature);
}

}  // namespace

History::History(const Options& options)
    : seed_(options.seed),
      stage_(options.verbose),
      plan_(plan_for(options.seed, options.operations)),
      from_editor_(make_pipe(stage_, seed_, "from editor", plan_.editor_pipe)),
      to_editor_(make_pipe(stage_, seed_, "to editor", plan_.editor_pipe)),
      editor_(std::make_shared<ModelEditor>(stage_, plan_.editor, Dice(seed_, "editor"), to_editor_,
                                            from_editor_)),
      world_(stage_, plan_, seed_, from_editor_, to_editor_) {}

template <class Reached>
bool History::run_until(Span most, Reached reached) {
  Time const end = stage_.timeline.now() + most;
  while (stage_.referee.good() && !reached()) {
    if (!stage_.timeline.step(end)) return reached();
  }
  return stage_.referee.good();
}

Verdict History::run() {
  work();
  if (going() && !broke_off_) rest();
  if (stage_.referee.good() && world_.outcome() && !may_be_lost()) {
    fault("the session ended by itself: " + world_.outcome()->reason);
  }
  if (going()) end();
  Chronicle const& chronicle = stage_.chronicle;
  return {.fault = stage_.referee.found(),
          .servers = chronicle.starts(),
          .losses = chronicle.losses(),
          .results = editor_->results(),
          .errors = editor_->errors(),
          .seconds = stage_.timeline.seconds_since_start(),
          .journal_bytes = world_.core().journal().memory()};
}

// The editor does what it likes, and so does all else.
void History::work() {
  bool done = false;
  Dice dice(seed_, "history");
  for (int i = 0; i < plan_.upgrades; ++i) {
    stage_.timeline.after(milliseconds(dice.below(40'000)), [this] {
      if (!stage_.calm) world_.upgrade();
    });
  }
  if (plan_.breaks_off_after.count() >= 0) {
    stage_.timeline.after(plan_.breaks_off_after, [this] { broke_off_ = !stage_.calm; });
  }
  world_.begin();
  editor_->begin([&done] { done = true; });
  // A user at work takes 60 operations of 200 s at the very most.
  bool const reached =
      run_until(seconds(20'000), [&] { return done || broke_off_ || world_.outcome(); });
  if (!reached) fault("the editor could not do its work; unanswered: " + editor_->unanswered());
}

// Accidents are over: the session must come to rest, and all be as it should.
void History::rest() {
  world_.be_calm();
  // A server is given up after 30 s, the next is 30 s away, each document that ends servers costs
  // two of them, and settling takes 60 s.
  static constexpr seconds kSettled{80};
  Time const calm = stage_.timeline.now();
  bool const quiet = run_until(seconds(900), [this, calm] {
    Time const since = std::max(calm, world_.last_start());
    return world_.outcome() ||
           (editor_->all_answered() && stage_.timeline.now() - since > kSettled);
  });
  if (world_.outcome()) return;
  if (!quiet) fault("not quiet after 15 minutes; unanswered: " + editor_->unanswered());
  if (!going()) return;
  editor_->ask_once_more();
  if (!run_until(seconds(120), [this] { return editor_->all_answered() || world_.outcome(); })) {
    fault("a last request had no answer in 2 minutes");
  }
  run_until(kSettled, [this] { return world_.outcome().has_value(); });
  if (going()) compare();
}

void History::compare() {
  LspState const& shown = editor_->state();
  LspState const& real = world_.server().state();
  auto const differ = [this](const char* what, const Json& editors, const Json& servers) {
    if (editors != servers) {
      fault(std::string(what) + " differ; editor: " + editors.dump() +
            ", server: " + servers.dump());
    }
  };
  compare_documents();
  differ("settings", shown.configuration, real.configuration);
  differ("folders", shown.folders, real.folders);
  differ("trace settings", shown.trace, real.trace);
  differ("registrations", shown.registrations(), real.registrations());
  differ("diagnostics", shown.diagnostics, real.diagnostics);
  if (plan_.settings.replay.on) {
    differ("versions of the program", world_.version(), world_.server().conduct().version);
  }
  if (editor_->progress_open()) fault("progress was not ended");
  std::size_t texts = 0;
  for (auto const& [uri, document] : shown.documents) texts += document.text.utf8().size();
  // Tables, the initialize exchange and what the requests needed at their most.
  std::size_t const bound = 256 * 1024 + 4 * texts;
  std::size_t const held = world_.core().journal().memory();
  if (held > bound) fault("the journal holds " + std::to_string(held) + " bytes");
}

void History::compare_documents() {
  auto const& shown = editor_->state().documents;
  auto const& real = world_.server().state().documents;
  for (auto const& [uri, document] : shown) {
    auto const at = real.find(uri);
    if (at == real.end()) {
      if (!editor_->excused(uri)) fault("the server does not have " + uri);
    } else if (digest_of(at->second) != digest_of(document)) {
      fault("texts of " + uri + " differ; editor: " + std::to_string(document.version) + " " +
            Json(document.text.utf8()).dump() + ", server: " + std::to_string(at->second.version) +
            " " + Json(at->second.text.utf8()).dump());
    } else if (at->second.language != document.language) {
      fault("languages of " + uri + " differ");
    }
  }
  for (auto const& [uri, document] : real) {
    if (shown.count(uri) == 0) fault("the server still has " + uri);
  }
}

void History::end() {
  Ending ending = plan_.ending;
  // Nobody says shutdown before anything else was said.
  if (!editor_->greeted() && ending <= Ending::exit_alone) ending = Ending::close;
  stage_.referee.note("history", "ends: " + std::string(to_string(ending)));
  editor_->stop();
  world_.session_is_ending();
  std::size_t const losses = stage_.chronicle.losses();
  do_end(ending);
  // A kernel that gives a byte at a time needs its time for what the editor has said before.
  run_until(seconds(2000),
            [this] { return world_.outcome() || (editor_->sent_all() && from_editor_->empty()); });
  // An editor that does not read for 5 s, an answer within 200 ms, 3 s for what is owed, 1 s for
  // the server to leave, and pipes of 200 ms.
  if (!run_until(seconds(30), [this] { return world_.outcome().has_value(); })) {
    return fault("the session does not end");
  }
  int const expected = expected_exit_code(ending);
  int const code = world_.outcome()->exit_code;
  // A server that is lost while nobody reads any more may give the reason.
  bool const lost_too = ending == Ending::gone && stage_.chronicle.losses() > losses;
  if (code != expected && !(code == kExitNoServer && (lost_too || may_be_lost()))) {
    fault("ended with " + std::to_string(code) + ", expected " + std::to_string(expected) + ": " +
          world_.outcome()->reason);
  }
}

void History::do_end(Ending ending) {
  switch (ending) {
    case Ending::shutdown_and_exit:
      return editor_->shut_down([this] { editor_->send_exit(); });
    case Ending::shutdown_and_close:
      return editor_->shut_down([this] { editor_->close_output(); });
    case Ending::close:
      return editor_->close_output();
    case Ending::exit_alone:
      return editor_->send_exit();
    case Ending::cut:
      return editor_->break_off();
    case Ending::gone:
      return editor_->stop_reading();
    case Ending::signal:
      return world_.signal();
  }
}

int History::expected_exit_code(Ending ending) const {
  if (ending == Ending::exit_alone) return kExitWithoutShutdown;
  return ending == Ending::cut ? kExitBadFraming : kExitOk;
}

// Whether the session may end because its server did.
bool History::may_be_lost() const {
  return stage_.chronicle.losses() > 0 && (!plan_.settings.replay.on || plan_.dies_early);
}

Verdict run_without_bridge(const History::Options& options) {
  Stage stage(options.verbose);
  Plan plan = plan_for(options.seed, options.operations);
  plan.editor.poisons = 0;
  auto const to_server = make_pipe(stage, options.seed, "from editor", plan.editor_pipe);
  auto const to_editor = make_pipe(stage, options.seed, "to editor", plan.editor_pipe);
  auto const server = std::make_shared<ModelServer>(
      stage, plan.server, Dice(options.seed, "server1"), to_server, to_editor);
  auto const editor = std::make_shared<ModelEditor>(
      stage, plan.editor, Dice(options.seed, "editor"), to_editor, to_server);
  stage.chronicle.started(stage.timeline.now());
  server->run();
  editor->begin([] {});
  while (stage.referee.good() && stage.timeline.step()) {
  }
  LspState const& shown = editor->state();
  LspState const& real = server->state();
  bool same = shown.documents.size() == real.documents.size() && shown.folders == real.folders &&
              shown.configuration == real.configuration && shown.trace == real.trace &&
              shown.registrations() == real.registrations() &&
              shown.diagnostics == real.diagnostics && !editor->progress_open();
  for (auto const& [uri, document] : shown.documents) {
    auto const at = real.documents.find(uri);
    same = same && at != real.documents.end() && digest_of(at->second) == digest_of(document);
  }
  if (!same) stage.referee.fault("the models do not agree");
  if (!editor->all_answered()) stage.referee.fault("unanswered: " + editor->unanswered());
  return {.fault = stage.referee.found(),
          .servers = 1,
          .losses = 0,
          .results = editor->results(),
          .errors = editor->errors(),
          .seconds = stage.timeline.seconds_since_start(),
          .journal_bytes = 0};
}

}  // namespace bridge::simulation
