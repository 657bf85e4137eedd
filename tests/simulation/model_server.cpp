#include "tests/simulation/model_server.h"

#include <utility>

namespace bridge::simulation {
namespace {

std::string uri_of(const Json& params) {
  return params.at("textDocument").at("uri").get<std::string>();
}

}  // namespace

void ModelServer::run() {
  name_ = "server " + std::to_string(conduct_.number);
  stage_.referee.note(name_, "starts, version " + std::to_string(conduct_.version));
  std::weak_ptr<ModelServer> const weak = weak_from_this();
  in_->on_readable = [weak] {
    if (auto const self = weak.lock()) self->on_readable();
  };
  out_.pipe().on_writable = [weak] {
    if (auto const self = weak.lock(); self && self->alive_) self->out_.flush();
  };
  auto const unless_calm = [this](milliseconds delay, const std::function<void()>& event) {
    if (delay.count() < 0) return;
    later(delay, [this, event] {
      if (!stage_.calm) event();
    });
  };
  unless_calm(conduct_.dies_after, [this] { die(Death::crashed); });
  unless_calm(conduct_.hangs_after, [this] {
    hung_ = true;
    stage_.referee.note(name_, "hangs");
  });
  if (conduct_.dies_after_bytes >= 0) {
    out_.stop_after(static_cast<std::size_t>(conduct_.dies_after_bytes),
                    [this] { die(Death::crashed); });
  }
}

void ModelServer::later(Span delay, std::function<void()> event) {
  stage_.timeline.after(delay, [weak = weak_from_this(), event = std::move(event)] {
    auto const self = weak.lock();
    if (self && self->alive_) event();
  });
}

void ModelServer::die(Death death) {
  if (!alive_) return;
  // Who ends in order says first what it has to say.
  if (death == Death::ordered && !hung_ && !out_.empty()) {
    return later(milliseconds(5), [this] { die(Death::ordered); });
  }
  alive_ = false;
  stage_.referee.note(name_, death == Death::ordered ? "ends" : "DIES");
  on_death(death);
}

void ModelServer::send(const Json& message) {
  if (!alive_ || hung_) return;
  std::string const body = message.dump();
  stage_.referee.note(name_, "> " + body);
  out_.send(framed(body));
}

void ModelServer::on_readable() {
  if (!alive_) return;
  if (hung_) {
    in_->read(1 << 20);  // what hangs is not who reads
    return;
  }
  frames_.feed(in_->read(dice_.between(1, 1 << 16)));
  while (alive_ && !hung_) {
    auto const body = frames_.next();
    if (!body) break;
    take(*body);
  }
  if (!alive_) return;
  if (frames_.bad()) return fault("was sent bytes that are no frame");
  if (in_->at_end()) {
    if (!frames_.at_boundary()) fault("its input ended inside a frame");
    return die(Death::ordered);
  }
  if (in_->readable()) later(microseconds(1), [this] { on_readable(); });
}

void ModelServer::take(const std::string& body) {
  stage_.referee.note(name_, "< " + body);
  if (exited_) return fault("was sent a message after exit: " + body);
  Json const message = Json::parse(body, nullptr, false);
  if (!message.is_object()) return fault("was sent what is no message: " + body);
  bool const has_method = message.contains("method");
  if (!has_method) {
    on_answer(message);
  } else {
    auto const method = message.at("method").get<std::string>();
    bool const before_initialized =
        method == "initialize" || method == "initialized" || method == "exit";
    if (!before_initialized && !initialized_ && method != "shutdown") {
      return fault("was sent " + method + " before initialized");
    }
    if (stopping_ && method != "exit" && method != "$/cancelRequest") {
      return fault("was sent " + method + " after shutdown");
    }
    if (message.contains("id")) {
      on_request(method, message);
    } else {
      on_notification(method, message.value("params", Json::object()));
    }
  }
  if (++messages_ == conduct_.dies_after_messages && !stage_.calm) return die(Death::crashed);
  if (alive_ && loaded_ && !stopping_ && dice_.percent(conduct_.chatter)) chat();
}

void ModelServer::on_request(const std::string& method, const Json& message) {
  Json const& id = message.at("id");
  if (!ids_seen_.insert(id.dump()).second)
    return fault("was asked twice under one id: " + id.dump());
  if (method == "initialize") return on_initialize(message);
  Json const params = message.value("params", Json::object());
  if (method == "shutdown") {
    stopping_ = true;
    return answer_later(id, nullptr);
  }
  if (params.contains("serial")) {
    int const serial = params.at("serial").get<int>();
    if (serial <= last_serial_) fault("was asked out of order: " + message.dump());
    last_serial_ = serial;
  }
  if (params.value("poison", false)) {
    return later(some(milliseconds(50)), [this] { die_of_poison(); });
  }
  if (method == "workspace/executeCommand") return on_command(message);
  Json docs = Json::object();
  for (auto const& [uri, document] : state_.documents) docs[uri] = digest_of(document);
  Json result = {{"docs", docs}, {"server", conduct_.number}, {"version", conduct_.version}};
  if (params.contains("long"))
    result["pad"] = std::string(params.at("long").get<std::size_t>(), 'x');
  answer_later(id, std::move(result));
}

void ModelServer::on_command(const Json& message) {
  Json const& params = message.at("params");
  Json const& id = message.at("id");
  if (params.at("command") == "gopls.tidy") {
    if (!stage_.chronicle.executed(params.at("serial").get<int>())) {
      fault("was told to do again what was done: " + message.dump());
    }
    if (dice_.percent(50)) {
      ++owed_;
      ask("workspace/applyEdit", {{"edit", Json::object()}}, [this, id](const Json&) {
        --owed_;
        answer_later(id, {{"docs", nullptr}, {"server", conduct_.number}});
      });
      return;
    }
  }
  answer_later(id, {{"docs", nullptr}, {"server", conduct_.number}});
}

void ModelServer::answer_later(const Json& id, Json result) {
  ++owed_;
  milliseconds const most = dice_.percent(conduct_.slow_answers) ? seconds(4) : conduct_.answer_max;
  later(some(most), [this, id, result = std::move(result)] {
    --owed_;
    Json answer = {{"jsonrpc", "2.0"}};
    if (cancelled_.count(id.dump()) != 0 && dice_.percent(70)) {
      answer["error"] = {{"code", -32800}, {"message", "cancelled"}};
    } else {
      answer["result"] = result;
    }
    answer["id"] = id;
    send(answer);
  });
}

void ModelServer::on_answer(const Json& message) {
  Json const& id = message.at("id");
  auto const asked = id.is_number_integer() ? unanswered_.find(id.get<int>()) : unanswered_.end();
  if (asked == unanswered_.end()) return fault("got an answer it waits for not: " + message.dump());
  auto const then = std::move(asked->second);
  unanswered_.erase(asked);
  then(message);
}

void ModelServer::ask(const std::string& method, Json params,
                      std::function<void(const Json&)> then) {
  unanswered_[++asked_] = std::move(then);
  send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}, {"id", asked_}});
}

Json ModelServer::capabilities(int version) {
  return {{"capabilities",
           {{"textDocumentSync", 2}, {"hoverProvider", true}, {"foldingRangeProvider", true}}},
          {"serverInfo", {{"name", "model"}, {"version", std::to_string(version)}}}};
}

void ModelServer::on_initialize(const Json& message) {
  if (std::exchange(asked_to_initialize_, true)) return fault("was asked to initialize twice");
  Json const& params = message.at("params");
  for (Json const& folder : params.at("workspaceFolders")) {
    state_.folders.insert(folder.at("uri").get<std::string>());
  }
  state_.trace = params.value("trace", "off");
  if (!stage_.calm && conduct_.ignores_initialize) return;
  Json const& id = message.at("id");
  bool const refuses = !stage_.calm && conduct_.refuses_initialize;
  later(some(conduct_.answer_max), [this, id, refuses] {
    Json answer = {{"jsonrpc", "2.0"}};
    if (refuses) {
      answer["error"] = {{"code", -32603}, {"message", "no"}};
    } else {
      can_be_initialized_ = true;
      answer["result"] = capabilities(conduct_.version);
    }
    answer["id"] = id;
    send(answer);
  });
}

void ModelServer::on_initialized() {
  if (!can_be_initialized_) return fault("was initialized before it had answered initialize");
  if (std::exchange(initialized_, true)) return fault("was initialized twice");
  stage_.chronicle.rebuilt(stage_.timeline.now());
  register_watchers();
  ask("workspace/configuration", {{"items", Json::array({{{"section", "gopls"}}})}},
      [this](const Json&) { load(); });
}

void ModelServer::on_notification(const std::string& method, const Json& params) {
  if (method == "initialized") return on_initialized();
  if (method == "exit") {
    if (conduct_.shared) return fault("was told to exit though others use it");
    exited_ = true;
    return later(some(milliseconds(20)), [this] { die(Death::ordered); });
  }
  if (method == "$/cancelRequest") {
    cancelled_.insert(params.at("id").dump());
    return;
  }
  if (method == "textDocument/didOpen") return on_did_open(params);
  if (method == "textDocument/didChange") return on_did_change(params);
  if (method == "textDocument/didClose") {
    std::string const uri = uri_of(params);
    if (state_.documents.erase(uri) == 0)
      return fault("was told to close what is not open: " + uri);
    return on_document_changed(uri);
  }
  if (method == "$/setTrace") {
    state_.trace = params.at("value").get<std::string>();
  } else if (method == "workspace/didChangeConfiguration") {
    state_.configuration = params.at("settings");
  } else if (method == "workspace/didChangeWorkspaceFolders") {
    Json const& event = params.at("event");
    for (Json const& one : event.at("added")) state_.folders.insert(one.at("uri"));
    for (Json const& one : event.at("removed")) state_.folders.erase(one.at("uri"));
    register_watchers();
  } else if (params.contains("serial")) {
    if (!stage_.chronicle.notified(params.at("serial").get<int>())) {
      fault("was told out of order or again: " + method + " " + params.dump());
    }
  } else if (method != "window/workDoneProgress/cancel") {
    fault("was told what it does not know: " + method);
  }
}

void ModelServer::on_did_open(const Json& params) {
  Json const& item = params.at("textDocument");
  auto const uri = item.at("uri").get<std::string>();
  auto const [at, fresh] = state_.documents.try_emplace(
      uri, Document{item.at("languageId"), item.at("version").get<std::int64_t>(),
                    SlowText(item.at("text").get<std::string>())});
  if (!fresh) return fault("was told to open what is open: " + uri);
  on_document_changed(uri);
}

void ModelServer::on_did_change(const Json& params) {
  std::string const uri = uri_of(params);
  auto const at = state_.documents.find(uri);
  if (at == state_.documents.end()) return fault("was told to change what is not open: " + uri);
  auto const version = params.at("textDocument").at("version").get<std::int64_t>();
  if (version <= at->second.version) return fault("was told of an older version of " + uri);
  if (!at->second.text.apply(edits_of(params.at("contentChanges")))) return;
  at->second.version = version;
  on_document_changed(uri);
}

}  // namespace bridge::simulation
