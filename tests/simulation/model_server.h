// A language server that does nothing useful and is strict: it checks the protocol from its side,
// keeps the documents with its own slow text, answers each request with what it knew when it was
// asked, and dies as it was told to.
//
// One object is one process. What must hold over several is in Chronicle.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/simulation/lsp_state.h"
#include "tests/simulation/outlet.h"
#include "tests/simulation/stage.h"

namespace bridge::simulation {

class ModelServer : public std::enable_shared_from_this<ModelServer> {
 public:
  // Texts and requests that end a server.
  static constexpr const char* kPoison = "POISON";

  struct Conduct {
    int number = 1;   // of the process, from 1
    int version = 1;  // of the program
    milliseconds answer_max{200};
    unsigned slow_answers = 0;  // percent that take up to 4 s
    unsigned chatter = 10;      // percent of messages after which it says something of its own
    bool shared = false;        // others use it too: it must not be told to exit
    bool reports_load = true;
    milliseconds load_max{1500};
    // How it ends before its time; not negative: it does.
    milliseconds dies_after{-1};
    int dies_after_messages = -1;
    int dies_after_bytes = -1;
    milliseconds hangs_after{-1};
    bool refuses_initialize = false;
    bool ignores_initialize = false;
  };
  enum class Death { ordered, crashed };

  ModelServer(Stage& stage, Conduct conduct, Dice dice, std::shared_ptr<Pipe> in,
              std::shared_ptr<Pipe> out)
      : stage_(stage), conduct_(conduct), dice_(dice), in_(std::move(in)), out_(std::move(out)) {}

  // After construction: it needs shared_from_this().
  void run();
  // From outside, by whoever owns it.
  void kill() { alive_ = false; }
  // No accident ends it any more.
  void be_calm() { out_.stop_never(); }

  bool alive() const noexcept { return alive_; }
  bool hung() const noexcept { return hung_; }
  bool ready() const noexcept { return alive_ && initialized_ && !stopping_; }
  // It was told to end.
  bool stopping() const noexcept { return stopping_; }
  // It was given what ends each server.
  bool poisoned() const noexcept { return poisoned_; }
  const Conduct& conduct() const noexcept { return conduct_; }
  const LspState& state() const noexcept { return state_; }
  const std::string& name() const noexcept { return name_; }
  int owed() const noexcept { return owed_; }
  std::function<void(Death)> on_death = [](Death) {};

  // The answer to `initialize` of a program of this version.
  static Json capabilities(int version);

 private:
  void on_readable();
  void take(const std::string& body);
  void on_request(const std::string& method, const Json& message);
  void on_notification(const std::string& method, const Json& params);
  void on_answer(const Json& message);
  void on_initialize(const Json& message);
  void on_initialized();
  void on_command(const Json& message);
  void on_did_open(const Json& params);
  void on_did_change(const Json& params);
  void on_document_changed(const std::string& uri);

  void load();
  void chat();
  void register_watchers();
  void publish(const std::string& uri, int count);
  void publish_of(const std::string& uri);

  void ask(const std::string& method, Json params, std::function<void(const Json&)> then);
  void answer_later(const Json& id, Json result);
  void send(const Json& message);
  void notify(const std::string& method, Json params) {
    send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
  }
  void later(Span delay, std::function<void()> event);
  Span some(milliseconds most) { return microseconds(dice_.below(most.count() * 1000 + 1)); }
  void die(Death death);
  void die_of_poison() {
    poisoned_ = true;
    die(Death::crashed);
  }
  void fault(const std::string& text) { stage_.referee.fault(name_ + ": " + text); }

  Stage& stage_;
  Conduct conduct_;
  Dice dice_;
  std::shared_ptr<Pipe> in_;
  Outlet out_;
  FrameReader frames_;
  std::string name_;
  bool alive_ = true;
  bool hung_ = false;

  LspState state_;
  bool asked_to_initialize_ = false;
  bool can_be_initialized_ = false;
  bool initialized_ = false;
  bool stopping_ = false;  // shutdown was asked
  bool exited_ = false;
  bool poisoned_ = false;
  bool loaded_ = false;
  int messages_ = 0;
  int owed_ = 0;
  int last_serial_ = 0;
  std::set<std::string> ids_seen_;
  std::set<std::string> cancelled_;
  int asked_ = 0;
  std::map<int, std::function<void(const Json&)>> unanswered_;
  int watchers_ = 0;
  std::string watchers_id_;
};

}  // namespace bridge::simulation
