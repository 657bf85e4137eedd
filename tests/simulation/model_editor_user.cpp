// The user at the model editor.
#include <iterator>
#include <utility>

#include "tests/simulation/model_editor.h"
#include "tests/simulation/model_server.h"

namespace bridge::simulation {
namespace {

Json place_json(const Place& place) {
  return {{"line", place.line}, {"character", place.character}};
}

Json edit_json(const Edit& edit) {
  Json json = {{"text", edit.text}};
  if (edit.range) {
    json["range"] = {{"start", place_json(edit.range->first)},
                     {"end", place_json(edit.range->second)}};
  }
  return json;
}

}  // namespace

void ModelEditor::next_operation() {
  if (stopped_) return;
  if (left_-- <= 0) return std::exchange(done_, nullptr)();
  Span pause = some(conduct_.think_max);
  if (dice_.percent(conduct_.bursts)) pause = some(milliseconds(5));
  if (dice_.percent(conduct_.pauses)) pause = some(conduct_.pause_max);
  later(pause, [this] {
    if (stopped_) return;
    operate();
    next_operation();
  });
}

void ModelEditor::operate() {
  if (dice_.percent(conduct_.stalls) && !stalled_) {
    note("does not read");
    stalled_ = true;
    later(some(seconds(5)), [this] {
      note("reads again");
      stalled_ = false;
      on_readable();
    });
  }
  std::size_t const choice = dice_.below(100);
  if (state_.documents.empty() || (choice < 8 && state_.documents.size() < conduct_.documents)) {
    return open_document();
  }
  if (choice < 45) return type();
  if (choice < 50) return set_text(some_open_document());
  if (choice < 55) return save();
  if (choice < 60) return close_document();
  if (choice < 88) return ask(false);
  if (choice < 94) return cancel();
  change_settings();
}

std::string ModelEditor::some_open_document() {
  return std::next(state_.documents.begin(),
                   static_cast<std::ptrdiff_t>(dice_.below(state_.documents.size())))
      ->first;
}

std::string ModelEditor::some_text(std::size_t characters) {
  // One, two, three and four bytes of UTF-8; the last are two units.
  static const char* const kAlphabet[] = {"a",  "b", " ", "\n",         "\r\n", "\t",   "\"",
                                          "\\", "ä", "€", "\U0001F600", "x",    "func", "\n"};
  std::string text;
  for (std::size_t i = 0; i < characters; ++i) text += dice_.pick(kAlphabet);
  if (dice_.below(1000) < conduct_.poisons) text += ModelServer::kPoison;
  return text;
}

void ModelEditor::open_document() {
  std::string uri = "file:///w/f" + std::to_string(dice_.below(conduct_.documents + 1)) + ".go";
  if (state_.documents.count(uri) != 0) return;
  auto const version = static_cast<std::int64_t>(dice_.between(0, 3));
  std::string const text = some_text(dice_.below(60));
  state_.documents[uri] = {.language = "go", .version = version, .text = SlowText(text)};
  opened_.insert(uri);
  if (text.size() > conduct_.document_bytes_max) long_.insert(uri);
  ++edits_;
  notify("textDocument/didOpen",
         {{"textDocument",
           {{"uri", uri}, {"languageId", "go"}, {"version", version}, {"text", text}}}});
}

void ModelEditor::change(const std::string& uri, Json changes) {
  Document& document = state_.documents.at(uri);
  excuse_pending(uri);
  left_out_.erase(uri);
  bool const whole = changes.size() == 1 && !changes[0].contains("range");
  std::int64_t const version = document.version + static_cast<std::int64_t>(dice_.between(1, 2));
  if (document.text.apply(edits_of(changes))) document.version = version;
  if (document.text.utf8().size() > conduct_.document_bytes_max) {
    long_.insert(uri);
  } else if (whole) {
    long_.erase(uri);
  }
  ++edits_;
  notify("textDocument/didChange", {{"textDocument", {{"uri", uri}, {"version", version}}},
                                    {"contentChanges", std::move(changes)}});
}

void ModelEditor::type() {
  std::string const uri = some_open_document();
  SlowText text = state_.documents.at(uri).text;
  Json changes = Json::array();
  std::size_t const count = dice_.percent(80) ? 1 : dice_.between(1, 3);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t const start = dice_.below(text.units() + 1);
    std::size_t const end =
        dice_.percent(60) ? start
                          : start + dice_.below(std::min<std::size_t>(text.units() - start, 8) + 1);
    Edit edit{.range = {{text.place(start), text.place(end)}}, .text = some_text(dice_.below(4))};
    // Positions as users of wrong clients send them: refused.
    if (dice_.percent(3)) edit.range->second.character += 1000;
    if (dice_.percent(1)) edit.range->first.line += 1000;
    changes.push_back(edit_json(edit));
    if (!text.apply({edit})) break;  // all of them are refused
  }
  change(uri, std::move(changes));
}

void ModelEditor::set_text(const std::string& uri) {
  bool const is_long = dice_.percent(conduct_.long_bodies);
  change(uri, Json::array({{{"text", some_text(is_long ? conduct_.document_bytes_max : 40)}}}));
}

void ModelEditor::save() {
  std::string const uri = some_open_document();
  stage_.disk[uri] = state_.documents.at(uri).text.utf8();
  notify("textDocument/didSave", {{"textDocument", {{"uri", uri}}}, {"serial", ++next_serial_}});
}

void ModelEditor::close_document() {
  std::string const uri = some_open_document();
  excuse_pending(uri);
  state_.documents.erase(uri);
  long_.erase(uri);
  left_out_.erase(uri);
  ++edits_;
  notify("textDocument/didClose", {{"textDocument", {{"uri", uri}}}});
}

// A request that was asked while a server need not know a document may be answered by such a
// server.
void ModelEditor::excuse_pending(const std::string& uri) {
  if (!excused(uri)) return;
  for (auto& [id, asked] : pending_) asked.excused.insert(uri);
}

bool ModelEditor::excused(const std::string& uri) const {
  auto const at = state_.documents.find(uri);
  return at == state_.documents.end() || long_.count(uri) != 0 || left_out_.count(uri) != 0 ||
         at->second.text.utf8().find(ModelServer::kPoison) != std::string::npos;
}

void ModelEditor::ask_once_more() { ask(/*last=*/true); }

void ModelEditor::ask(bool last) {
  struct Kind {
    const char* method;
    const char* command;
  };
  static constexpr Kind kKinds[] = {{"textDocument/hover", ""},
                                    {"textDocument/hover", ""},
                                    {"textDocument/completion", ""},
                                    {"textDocument/rename", ""},
                                    {"workspace/executeCommand", "gopls.views"},
                                    {"workspace/executeCommand", "gopls.tidy"}};
  Kind const kind = last ? kKinds[0] : dice_.pick(kKinds);
  bool const changes_something = std::string_view(kind.command) == "gopls.tidy";
  bool const is_long = !last && dice_.percent(conduct_.long_bodies);
  Json params = {{"serial", ++next_serial_}};
  // The serial numbers of requests and of notifications are compared apart.
  if (*kind.command != '\0') {
    params["command"] = kind.command;
  } else if (!state_.documents.empty()) {
    params["textDocument"] = {{"uri", some_open_document()}};
  }
  if (is_long) params["pad"] = std::string(conduct_.request_bytes_max, 'p');
  if (!last && dice_.percent(5)) params["long"] = dice_.below(100'000);
  Asked asked{.method = {},
              .about = params.value("/textDocument/uri"_json_pointer, ""),
              .when = {},
              .digests = {},
              .excused = {},
              .edits = edits_,
              .kept = !changes_something && !is_long,
              .poison = !last && *kind.command == '\0' && dice_.below(1000) < conduct_.poisons,
              .last = last};
  if (asked.poison) params["poison"] = true;
  for (auto const& [uri, document] : state_.documents) {
    asked.digests[uri] = digest_of(document);
    if (excused(uri)) asked.excused.insert(uri);
  }
  request(kind.method, std::move(params), std::move(asked));
}

void ModelEditor::cancel() {
  if (pending_.empty()) return;
  auto const at =
      std::next(pending_.begin(), static_cast<std::ptrdiff_t>(dice_.below(pending_.size())));
  at->second.cancelled = true;
  notify("$/cancelRequest", {{"id", Json::parse(at->first)}});
}

void ModelEditor::change_settings() {
  switch (dice_.below(4)) {
    case 0:
      state_.configuration = {{"gopls", {{"n", ++next_serial_}}}};
      return notify("workspace/didChangeConfiguration", {{"settings", state_.configuration}});
    case 1: {
      std::string const uri = "file:///v" + std::to_string(dice_.below(3));
      Json const one = Json::array({{{"uri", uri}, {"name", "v"}}});
      bool const added = state_.folders.insert(uri).second;
      if (!added) state_.folders.erase(uri);
      return notify(
          "workspace/didChangeWorkspaceFolders",
          {{"event",
            {{"added", added ? one : Json::array()}, {"removed", added ? Json::array() : one}}}});
    }
    case 2: {
      static const char* const kTraces[] = {"off", "messages", "verbose"};
      state_.trace = dice_.pick(kTraces);
      return notify("$/setTrace", {{"value", state_.trace}});
    }
    default:
      return notify("workspace/didChangeWatchedFiles",
                    {{"changes", Json::array()}, {"serial", ++next_serial_}});
  }
}

}  // namespace bridge::simulation
