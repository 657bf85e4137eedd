#include "tests/simulation/model_editor.h"

#include <algorithm>
#include <utility>

namespace bridge::simulation {

void ModelEditor::begin(std::function<void()> done) {
  done_ = std::move(done);
  left_ = conduct_.operations;
  std::weak_ptr<ModelEditor> const weak = weak_from_this();
  in_->on_readable = [weak] {
    if (auto const self = weak.lock()) self->on_readable();
  };
  out_.pipe().on_writable = [weak] {
    if (auto const self = weak.lock()) self->flush();
  };
  state_.folders.insert("file:///w");
  Json const refresh = {{"refreshSupport", true}};
  request(
      "initialize",
      {{"processId", 1},
       {"workspaceFolders", Json::array({{{"uri", "file:///w"}, {"name", "w"}}})},
       {"trace", "off"},
       {"capabilities",
        {{"window", {{"workDoneProgress", true}}},
         {"workspace", {{"configuration", true}, {"codeLens", refresh}, {"inlayHint", refresh}}}}}},
      {});
}

void ModelEditor::later(Span delay, std::function<void()> event) {
  stage_.timeline.after(delay, [weak = weak_from_this(), event = std::move(event)] {
    if (weak.lock()) event();
  });
}

void ModelEditor::send(const Json& message) {
  std::string const body = message.dump();
  note("> " + body);
  out_.send(framed(body));
}

void ModelEditor::flush() {
  out_.flush();
  if (closing_ && out_.empty()) out_.pipe().close_writer();
}

void ModelEditor::notify(const std::string& method, Json params) {
  Json message = {{"jsonrpc", "2.0"}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  send(message);
}

void ModelEditor::request(const std::string& method, Json params, Asked asked) {
  // Numbers and strings, also such as look like each other.
  int const number = ++next_id_;
  Json const id = number % 7 == 3 ? Json(std::to_string(number)) : Json(number);
  asked.method = method;
  asked.when = stage_.timeline.now();
  pending_.emplace(id.dump(), std::move(asked));
  Json message = {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  send(message);
}

void ModelEditor::shut_down(std::function<void()> then) {
  on_shut_down_ = std::move(then);
  request("shutdown", nullptr, {});
}

void ModelEditor::break_off() {
  std::string const frame = framed(R"({"jsonrpc":"2.0","method":"$/setTrace"})");
  out_.send(std::string_view(frame).substr(0, dice_.between(1, frame.size() - 1)));
  close_output();
}

std::string ModelEditor::unanswered() const {
  std::string text;
  for (auto const& [id, asked] : pending_) text += id + " " + asked.method + "; ";
  return text;
}

bool ModelEditor::progress_open() const {
  return std::any_of(progress_.begin(), progress_.end(),
                     [](const auto& entry) { return entry.second == Progress::begun; });
}

void ModelEditor::on_readable() {
  if (stalled_) return;
  frames_.feed(in_->read(1 << 20));
  while (auto const body = frames_.next()) take(*body);
  if (frames_.bad()) return fault("got bytes that are no frame");
  if (in_->at_end() && !frames_.at_boundary()) fault("its input ended inside a frame");
}

void ModelEditor::take(const std::string& body) {
  note("< " + body);
  Json const message = Json::parse(body, nullptr, false);
  if (!message.is_object()) return fault("got what is no message: " + body);
  if (!message.contains("method")) return on_answer(message);
  if (message.contains("id")) return on_request(message);
  on_notification(message);
}

void ModelEditor::on_answer(const Json& message) {
  auto const at = pending_.find(message.value("id", Json()).dump());
  if (at == pending_.end()) return fault("got an answer it waits for not: " + message.dump());
  Asked const asked = std::move(at->second);
  pending_.erase(at);
  if (message.contains("result") == message.contains("error")) {
    return fault("got neither or both of result and error: " + message.dump());
  }
  if (asked.method == "shutdown") {
    if (message.contains("error")) fault("shutdown was refused: " + message.dump());
    return std::exchange(on_shut_down_, nullptr)();
  }
  if (message.contains("error")) return on_error(asked, message);
  if (asked.method == "initialize") {
    greeted_ = true;
    notify("initialized", Json::object());
    return next_operation();
  }
  on_result(asked, message);
}

void ModelEditor::on_result(const Asked& asked, const Json& message) {
  ++results_;
  if (asked.poison) return fault("got a result where each server dies: " + message.dump());
  stage_.chronicle.proven(message.at("result").at("server"));
  Json const& docs = message.at("result").at("docs");
  if (docs.is_null()) return;
  for (auto const& [uri, digest] : asked.digests) {
    if (!docs.contains(uri)) {
      if (asked.excused.count(uri) == 0 && !excused(uri)) {
        fault("got an answer of a server without " + uri + ": " + message.dump());
      }
    } else if (docs.at(uri) != digest) {
      fault("got an answer for another text of " + uri + ", asked for " + digest.dump() + ": " +
            message.dump());
    }
  }
  for (auto const& [uri, digest] : docs.items()) {
    if (asked.digests.count(uri) == 0) fault("got an answer of a server with " + uri);
  }
}

void ModelEditor::on_error(const Asked& asked, const Json& message) {
  ++errors_;
  Time const now = stage_.timeline.now();
  Json const& error = message.at("error");
  auto const unasked = [&](const char* why) {
    fault(std::string("got an error though ") + why + ": " + asked.method + " " + message.dump());
  };
  // The bridge notices the loss of a server up to a second after it: then the request was asked of
  // a dead one.
  bool const lost_twice = stage_.chronicle.losses_since(asked.when - seconds(6)) >= 2;
  // A server that was not told the text of this document is not asked about it.
  if (error.at("code") == -32801 && asked.excused.count(asked.about) != 0) return;
  if (asked.last) return unasked("nothing went wrong");
  switch (error.at("code").get<int>()) {
    case -32800:
      if (!asked.cancelled) unasked("it had not cancelled");
      return;
    case -32801: {
      auto const felt = stage_.chronicle.felt_since(asked.when, now);
      if (!felt) return unasked("the server was there");
      if (lost_twice) return;
      if (asked.kept && edits_ == asked.edits && now - *felt < conduct_.request_wait) {
        unasked("nothing had changed and the wait was short");
      }
      return;
    }
    case -32803:
      if (!lost_twice) unasked("it had not ended two servers");
      return;
    default:
      return unasked("there is no reason for that code");
  }
}

void ModelEditor::on_request(const Json& message) {
  std::string const id = message.at("id").dump();
  auto const method = message.at("method").get<std::string>();
  if (!owed_.insert(id).second) return fault("was asked again under " + id + ", which it owes");
  if (method == "client/registerCapability") {
    on_registration(message.at("params"));
  } else if (method == "client/unregisterCapability") {
    on_unregistration(message.at("params"));
  } else if (method == "window/workDoneProgress/create") {
    std::string const token = message.at("params").at("token").dump();
    if (!progress_.emplace(token, Progress::created).second) fault("knows the token " + token);
  } else if (method == "window/showMessageRequest" && dice_.percent(conduct_.silences)) {
    return;
  }
  Json result;
  if (method == "workspace/configuration") result = Json::array({state_.configuration});
  if (method == "workspace/applyEdit") result = {{"applied", true}};
  Span const delay = dice_.percent(5) ? some(seconds(5)) : some(conduct_.answer_max);
  later(delay, [this, id = message.at("id"), result] { answer(id, result); });
}

void ModelEditor::answer(const Json& id, Json result) {
  if (stopped_ || owed_.erase(id.dump()) == 0) return;
  send({{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}});
}

void ModelEditor::on_registration(const Json& params) {
  for (Json const& one : params.at("registrations")) {
    Json const content = {one.at("method"), one.value("registerOptions", Json())};
    if (!state_.registered.emplace(one.at("id"), content.dump()).second) {
      fault("was told to register twice: " + one.dump());
    }
  }
}

void ModelEditor::on_unregistration(const Json& params) {
  for (Json const& one : params.at("unregisterations")) {
    if (state_.registered.erase(one.at("id")) == 0) {
      fault("was told to unregister what it does not know: " + one.dump());
    }
  }
}

void ModelEditor::on_progress(const Json& params) {
  std::string const token = params.at("token").dump();
  auto const kind = params.at("value").at("kind").get<std::string>();
  auto const at = progress_.find(token);
  if (at == progress_.end()) return fault("got progress of the unknown token " + token);
  bool const begun = at->second == Progress::begun;
  if (begun == (kind == "begin")) fault("got progress out of order: " + params.dump());
  if (kind == "end") {
    progress_.erase(at);
  } else {
    at->second = Progress::begun;
  }
}

void ModelEditor::on_message_shown(const std::string& text) {
  bool named = false;
  for (std::string const& uri : opened_) {
    if (text.find(uri) == std::string::npos) continue;
    named = true;
    if (state_.documents.count(uri) != 0) left_out_.insert(uri);
  }
  // A document is left out after two losses, a server that does not start is told of after three.
  if (stage_.chronicle.losses() < 2 || (!named && stage_.chronicle.failures_max() < 3)) {
    fault("was shown a message without need: " + text);
  }
}

void ModelEditor::on_notification(const Json& message) {
  auto const method = message.at("method").get<std::string>();
  Json const params = message.value("params", Json::object());
  if (method == "$/progress") return on_progress(params);
  if (method == "window/showMessage") return on_message_shown(params.at("message"));
  if (method == "textDocument/publishDiagnostics") {
    auto const uri = params.at("uri").get<std::string>();
    int const count = static_cast<int>(params.at("diagnostics").size());
    if (count == 0) {
      state_.diagnostics.erase(uri);
    } else {
      state_.diagnostics[uri] = count;
    }
    return;
  }
  if (method == "$/cancelRequest") {
    // Whether the answer or the cancellation is first is chance.
    Json const& id = params.at("id");
    if (!dice_.percent(70) || stopped_ || owed_.erase(id.dump()) == 0) return;
    send({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", -32800}, {"message", "cancelled"}}}});
    return;
  }
  if (method != "window/logMessage") fault("got what it does not know: " + message.dump());
}

}  // namespace bridge::simulation
