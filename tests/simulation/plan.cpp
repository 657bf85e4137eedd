#include "tests/simulation/plan.h"

#include <algorithm>

namespace bridge::simulation {

std::string_view to_string(Ending ending) {
  switch (ending) {
    case Ending::shutdown_and_exit:
      return "shutdown and exit";
    case Ending::shutdown_and_close:
      return "shutdown and end of file";
    case Ending::close:
      return "end of file";
    case Ending::exit_alone:
      return "exit alone";
    case Ending::cut:
      return "half a frame";
    case Ending::gone:
      return "reads no more";
    case Ending::signal:
      return "signal";
  }
  return "?";
}

namespace {

Pipe::Nature some_pipe(Dice& dice) {
  Pipe::Nature nature;
  if (dice.percent(30)) nature.room = dice.between(64, 4096);
  if (dice.percent(30)) nature.cut_max = dice.between(1, 64);
  if (dice.percent(30)) nature.delay_max = milliseconds(dice.between(1, 200));
  if (dice.percent(20)) nature.refusals = 30;
  return nature;
}

void plan_editor(Plan& plan, Dice& dice) {
  ModelEditor::Conduct& editor = plan.editor;
  editor.operations = static_cast<int>(dice.between(1, 60));
  editor.documents = dice.between(1, 4);
  editor.think_max = milliseconds(dice.percent(50) ? 300 : 2000);
  editor.bursts = dice.percent(50) ? 70 : 20;
  editor.pauses = dice.percent(30) ? 10 : 0;
  editor.pause_max = milliseconds(dice.percent(50) ? 10'000 : 200'000);
  editor.stalls = dice.percent(30) ? 5 : 0;
  if (dice.percent(10)) editor.answer_max = seconds(8);
  if (dice.percent(15)) editor.poisons = 30;
  if (dice.percent(20)) editor.long_bodies = 15;
  editor.document_bytes_max = plan.settings.journal.document_bytes_max;
  editor.request_bytes_max = plan.settings.journal.request_bytes_max;
  editor.request_wait = plan.settings.replay.request_wait;
}

void plan_trouble(Plan& plan, Dice& dice) {
  plan.server.answer_max = milliseconds(dice.percent(50) ? 50 : 500);
  plan.server.slow_answers = dice.percent(30) ? 20 : 0;
  plan.server.chatter = dice.percent(60) ? 15 : 0;
  plan.server.reports_load = dice.percent(70);
  plan.server.load_max = milliseconds(dice.percent(20) ? 8000 : 1000);
  plan.deaths = dice.percent(75) ? 70 : 0;
  plan.deaths_max = static_cast<int>(dice.between(1, 6));
  plan.dies_early = dice.percent(3);
  if (dice.percent(8)) {
    plan.loop_from = static_cast<int>(dice.between(2, 3));
    plan.loop_length = static_cast<int>(dice.between(2, 7));
  }
  if (dice.percent(8)) plan.failed_starts = 50;
  if (dice.percent(10)) plan.held_outputs = 50;
  if (dice.percent(15)) plan.upgrades = static_cast<int>(dice.between(1, 2));
}

void plan_ending(Plan& plan, Dice& dice) {
  plan.ending = static_cast<Ending>(dice.below(7));
  if (dice.percent(50)) plan.ending = Ending::shutdown_and_exit;
  if (dice.percent(15)) plan.breaks_off_after = milliseconds(dice.below(30'000));
}

}  // namespace

Plan plan_for(std::uint64_t seed, int operations) {
  Dice dice(seed, "plan");
  Plan plan;
  plan.settings.journal.document_bytes_max = dice.percent(15) ? 100 : 16 * 1024;
  plan.settings.journal.request_bytes_max = 2048;
  plan.settings.replay.document_bytes_max = plan.settings.journal.document_bytes_max;
  plan.settings.replay.on = !dice.percent(3);
  plan.settings.replay.hibernate_after =
      dice.percent(25) ? milliseconds(dice.between(5'000, 120'000)) : milliseconds(0);
  if (dice.percent(10)) plan.settings.replay.hang_timeout = seconds(20);
  plan.server.shared = dice.percent(10);
  plan.editor_pipe = some_pipe(dice);
  plan.server_pipe = some_pipe(dice);
  if (dice.percent(20)) plan.lag_max = milliseconds(20);
  plan_editor(plan, dice);
  plan_trouble(plan, dice);
  plan_ending(plan, dice);
  if (operations >= 0) plan.editor.operations = std::min(plan.editor.operations, operations);
  return plan;
}

ModelServer::Conduct conduct_of(const Plan& plan, Dice& dice, int number) {
  ModelServer::Conduct conduct = plan.server;
  conduct.number = number;
  bool const looping =
      plan.loop_from > 0 && number >= plan.loop_from && number < plan.loop_from + plan.loop_length;
  if (!looping && (number > plan.deaths_max || !dice.percent(plan.deaths))) return conduct;
  bool const spared = number == 1 && !plan.dies_early;  // until it has answered `initialize`
  switch (dice.below(looping ? 4 : 6)) {
    case 0:
      conduct.refuses_initialize = !spared && !plan.dies_early;
      if (spared) conduct.dies_after = seconds(3);
      break;
    case 1:
      conduct.dies_after_messages = static_cast<int>(dice.between(spared ? 2 : 1, 3));
      break;
    case 2:
      conduct.dies_after_bytes =
          static_cast<int>(spared ? dice.between(500, 2000) : dice.below(600));
      break;
    case 3:
      conduct.dies_after = milliseconds(spared ? 2000 + dice.below(5000) : dice.below(1000));
      break;
    case 4:
      conduct.dies_after = milliseconds(2000 + dice.below(30'000));
      break;
    default:
      conduct.dies_after_messages = static_cast<int>(dice.between(2, 60));
      break;
  }
  // The very first `initialize` is the editor's to be impatient about.
  if (number > 1 && !plan.dies_early && dice.percent(8)) conduct.ignores_initialize = true;
  // Only where somebody does something about it.
  if (plan.settings.replay.on && plan.settings.replay.hang_timeout.count() > 0 &&
      dice.percent(40)) {
    conduct.hangs_after = milliseconds(2000 + dice.below(10'000));
  }
  return conduct;
}

}  // namespace bridge::simulation
