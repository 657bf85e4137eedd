// An editor with a user at it, both made of chance: opens, types, saves, asks, cancels, forgets to
// read. It checks the protocol from its side, and each answer against what the texts were when it
// asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/lsp_state.h"
#include "tests/simulation/outlet.h"
#include "tests/simulation/stage.h"

namespace bridge::simulation {

class ModelEditor : public std::enable_shared_from_this<ModelEditor> {
 public:
  struct Conduct {
    int operations = 60;
    std::size_t documents = 3;     // open at once, at most
    milliseconds think_max{1500};  // between two operations
    unsigned bursts = 40;          // percent that follow without a pause
    unsigned pauses = 2;           // percent that follow a long one
    milliseconds pause_max{30'000};
    unsigned stalls = 2;           // percent after which it does not read for up to 5 s
    milliseconds answer_max{300};  // to the server's requests
    unsigned silences = 20;        // percent of showMessageRequest that stay unanswered
    unsigned poisons = 0;          // per thousand of requests and of edits
    unsigned long_bodies = 0;      // percent of requests and of full texts
    // As the journal is told: longer texts are not kept, longer requests are not asked again.
    std::size_t document_bytes_max = 16 * 1024;
    std::size_t request_bytes_max = 2048;
    milliseconds request_wait{10'000};
  };

  ModelEditor(Stage& stage, Conduct conduct, Dice dice, std::shared_ptr<Pipe> in,
              std::shared_ptr<Pipe> out)
      : stage_(stage), conduct_(conduct), dice_(dice), in_(std::move(in)), out_(std::move(out)) {}

  // `done`: the user is through with all operations.
  void begin(std::function<void()> done);

  // --- after that -------------------------------------------------------------------------------
  // One hover with all it may tell.
  void ask_once_more();
  bool all_answered() const { return pending_.empty(); }
  std::string unanswered() const;
  bool sent_all() const noexcept { return out_.empty(); }
  bool progress_open() const;
  // Whether a fresh server need not know this document.
  bool excused(const std::string& uri) const;
  const LspState& state() const noexcept { return state_; }
  bool greeted() const noexcept { return greeted_; }
  int results() const noexcept { return results_; }
  int errors() const noexcept { return errors_; }

  void stop() { stopped_ = true; }
  void shut_down(std::function<void()> then);
  void send_exit() { notify("exit", nullptr); }
  void close_output() { closing_ = true, flush(); }
  // In the middle of a frame.
  void break_off();
  void stop_reading() { in_->close_reader(); }

 private:
  struct Asked {
    std::string method;
    std::string about;  // the URI of the document that it names; empty: none
    Time when;
    std::map<std::string, Json> digests;  // of the documents then open
    std::set<std::string> excused;        // of these, when it was asked
    std::uint64_t edits;                  // opened, changed and closed before it
    bool kept;                            // it may be asked again
    bool poison;
    bool last = false;  // nothing goes wrong any more: it must have a result
    bool cancelled = false;
  };

  // The user.
  void next_operation();
  void operate();
  void open_document();
  void type();
  void set_text(const std::string& uri);
  void save();
  void close_document();
  void excuse_pending(const std::string& uri);
  void ask(bool last);
  void cancel();
  void change_settings();
  std::string some_text(std::size_t characters);
  void change(const std::string& uri, Json changes);
  std::string some_open_document();

  // The wire.
  void on_readable();
  void flush();
  void take(const std::string& body);
  void on_answer(const Json& message);
  void on_error(const Asked& asked, const Json& message);
  void on_result(const Asked& asked, const Json& message);
  void on_request(const Json& message);
  void on_notification(const Json& message);
  void on_registration(const Json& params);
  void on_unregistration(const Json& params);
  void on_progress(const Json& params);
  void on_message_shown(const std::string& text);
  void answer(const Json& id, Json result);

  void send(const Json& message);
  void notify(const std::string& method, Json params);
  void request(const std::string& method, Json params, Asked asked);
  void later(Span delay, std::function<void()> event);
  Span some(milliseconds most) { return microseconds(dice_.below(most.count() * 1000 + 1)); }
  void fault(const std::string& text) { stage_.referee.fault("editor: " + text); }
  void note(const std::string& text) { stage_.referee.note("editor", text); }

  Stage& stage_;
  Conduct conduct_;
  Dice dice_;
  std::shared_ptr<Pipe> in_;
  Outlet out_;
  FrameReader frames_;
  std::function<void()> done_;
  bool greeted_ = false;
  bool stalled_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  int left_ = 0;
  int results_ = 0;
  int errors_ = 0;

  LspState state_;
  std::uint64_t edits_ = 0;
  std::set<std::string> opened_;    // URIs, ever
  std::set<std::string> long_;      // URIs of which the journal may have no text
  std::set<std::string> left_out_;  // URIs of which the user was told
  int next_id_ = 0;
  int next_serial_ = 0;
  int next_document_ = 0;
  std::map<std::string, Asked> pending_;  // by id
  std::function<void()> on_shut_down_;
  std::set<std::string> owed_;  // ids of the server's requests
  enum class Progress { created, begun };
  std::map<std::string, Progress> progress_;
};

}  // namespace bridge::simulation
