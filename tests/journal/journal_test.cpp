#include "proxy/session/journal/journal.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/journal/journal_fixture.h"

namespace bridge::session {
namespace {

using nlohmann::json;

std::vector<std::string> folder_names(const Journal& journal) {
  std::vector<std::string> names;
  auto const body = json::parse(journal.initialize_request("1"));
  for (auto const& folder : body["params"]["workspaceFolders"]) names.push_back(folder["name"]);
  return names;
}

std::string folder(std::string_view name) {
  return R"({"uri":"file:///w/)" + std::string(name) + R"(","name":")" + std::string(name) +
         R"("})";
}

std::string folders_change(std::string_view added, std::string_view removed) {
  return notification("workspace/didChangeWorkspaceFolders",
                      R"({"event":{"added":[)" + std::string(added) + R"(],"removed":[)" +
                          std::string(removed) + "]}}");
}

// --- initialize -----------------------------------------------------------------------------

TEST_F(JournalTest, ASessionCanBeBuiltAgainOnceInitializeIsAnswered) {
  EXPECT_FALSE(journal_.can_replay());
  editor(request("0", "initialize", "{}"));
  EXPECT_FALSE(journal_.can_replay());
  server(answer("1"));
  EXPECT_FALSE(journal_.can_replay()) << "the answer to another request";
  server(answer("0", R"({"capabilities":{"x": 1}})"));
  EXPECT_TRUE(journal_.can_replay());
  EXPECT_EQ(journal_.initialize_result(), R"({"capabilities":{"x": 1}})");
  EXPECT_TRUE(journal_.asked().empty());
}

TEST_F(JournalTest, ARefusedInitializeIsNone) {
  editor(request("0", "initialize", R"({"workspaceFolders":[]})"));
  server(R"({"jsonrpc":"2.0","error":{"code":-32603,"message":"no"},"id":0})");
  EXPECT_FALSE(journal_.can_replay());
  editor(request("1", "initialize", R"({"second":1})"));
  server(answer("1", "{}"));
  EXPECT_TRUE(journal_.can_replay());
  EXPECT_EQ(json::parse(journal_.initialize_request("1"))["params"]["second"], 1);
}

TEST_F(JournalTest, ASecondInitializeIsNoneOfItsBusiness) {
  begin();
  std::string const before = journal_.initialize_request("9");
  editor(request("5", "initialize", R"({"rootUri":"file:///other"})"));
  server(R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"twice"},"id":5})");
  EXPECT_EQ(journal_.initialize_request("9"), before);
  EXPECT_TRUE(journal_.can_replay());
}

TEST_F(JournalTest, InitializeIsAskedAgainByteForByteButForItsId) {
  begin(R"({"processId": 1.0e3, "rootUri":null,"id":0 ,"é":"\u0041"})");
  EXPECT_EQ(journal_.initialize_request(R"("bridge-7")"),
            request(R"("bridge-7")", "initialize",
                    R"({"processId": 1.0e3, "rootUri":null,"id":0 ,"é":"\u0041"})"));
}

TEST_F(JournalTest, AnIdBehindTheParamsIsReplacedToo) {
  editor(R"({"method":"initialize","params":{"workspaceFolders":[]},"id":"a\u0062"})");
  server(answer(R"("ab")", "{}"));
  EXPECT_TRUE(journal_.can_replay());
  EXPECT_EQ(journal_.initialize_request("12345678"),
            R"({"method":"initialize","params":{"workspaceFolders":[]},"id":12345678})");
  editor(folders_change(folder("a"), ""));
  EXPECT_EQ(
      journal_.initialize_request("1"),
      R"({"method":"initialize","params":{"workspaceFolders":[)" + folder("a") + R"(]},"id":1})");
}

TEST_F(JournalTest, ThePreambleIsWhatWasSentLast) {
  begin();
  EXPECT_TRUE(journal_.initialized());
  EXPECT_EQ(journal_.preamble(), std::vector{notification("initialized", "{}")});
  for (char const* const n : {"1", "2"}) {
    editor(notification("workspace/didChangeConfiguration", n));
    editor(notification("$/setTrace", n));
  }
  EXPECT_EQ(journal_.preamble(),
            (std::vector{notification("initialized", "{}"), notification("$/setTrace", "2"),
                         notification("workspace/didChangeConfiguration", "2")}));
}

// --- folders --------------------------------------------------------------------------------

TEST_F(JournalTest, FolderChangesAreFoldedIntoInitialize) {
  begin(R"({"rootUri":"file:///w/a","workspaceFolders":[)" + folder("a") + "," + folder("b") +
        R"(],"trace":"off"})");
  editor(folders_change(folder("c"), folder("a")));
  EXPECT_EQ(folder_names(journal_), (std::vector<std::string>{"b", "c"}));
  auto const params = json::parse(journal_.initialize_request("1"))["params"];
  EXPECT_EQ(params["trace"], "off");
  EXPECT_EQ(params["rootUri"], "file:///w/a");
  editor(folders_change(folder("a") + "," + folder("b"), ""));
  EXPECT_EQ(folder_names(journal_), (std::vector<std::string>{"b", "c", "a"})) << "b is there";
}

TEST_F(JournalTest, ARootIsTheFolderWhereThereIsNoOther) {
  begin(R"({"rootUri":"file:///w/a","workspaceFolders":null})");
  editor(folders_change(folder("b"), ""));
  EXPECT_EQ(folder_names(journal_), (std::vector<std::string>{"a", "b"}));
  editor(folders_change("", folder("a") + "," + folder("b")));
  auto const params = json::parse(journal_.initialize_request("1"))["params"];
  EXPECT_EQ(params["workspaceFolders"], json::array());
  EXPECT_EQ(params["rootUri"], nullptr) << "gopls would open it again";
}

TEST_F(JournalTest, GoplsAddsNothingWhereItCannotRemove) {
  begin(R"({"workspaceFolders":[)" + folder("a") + "]}");
  editor(folders_change(folder("b"), folder("nowhere")));
  EXPECT_EQ(folder_names(journal_), std::vector<std::string>{"a"});
  editor(folders_change(folder("b"), R"({"uri":"vscode-vfs://x","name":"x"})"));
  EXPECT_EQ(folder_names(journal_), (std::vector<std::string>{"a", "b"}));
}

// --- requests -------------------------------------------------------------------------------

TEST_F(JournalTest, RequestsAreInFlightUntilTheyAreAnswered) {
  begin();
  editor(request("1", "textDocument/hover", "{}"));
  open("package a\n");
  editor(request(R"("two")", "textDocument/rename", "{}"));
  editor(request("3", "shutdown", "null"));
  auto const& asked = journal_.asked();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_EQ(asked.at(0).method, "textDocument/hover");
  EXPECT_EQ(asked.at(0).body, request("1", "textDocument/hover", "{}"));
  EXPECT_EQ(asked.at(0).edits, 0U);
  EXPECT_EQ(asked.at(1).edits, 1U);
  server(answer(R"("\u0074wo")"));
  server(answer("3"));
  server(R"({"jsonrpc":"2.0","error":{"code":0,"message":"no views"},"id":1})");
  EXPECT_TRUE(asked.empty());
}

TEST_F(JournalTest, ACancelledRequestIsMarked) {
  editor(request("1", "textDocument/hover", "{}"));
  editor(request(R"("1")", "textDocument/hover", "{}"));
  editor(notification("$/cancelRequest", R"({"id":"1"})"));
  EXPECT_FALSE(journal_.asked().at(0).cancelled);
  EXPECT_TRUE(journal_.asked().at(1).cancelled);
  editor(notification("$/cancelRequest", R"({"id":99})"));
  editor(notification("$/cancelRequest", "[]"));
  EXPECT_FALSE(journal_.asked().at(0).cancelled);
}

TEST_F(JournalTest, ALongBodyIsKeptOnlyWhereThereIsNoServer) {
  journal_ = Journal({.document_bytes_max = 100, .request_bytes_max = 100});
  std::string const text(100, 'x');
  editor(request("1", "m", '"' + text + '"'));
  editor(request("2", "m", '"' + text + '"'), /*keep=*/true);
  EXPECT_EQ(journal_.asked().at(0).body, "");
  EXPECT_EQ(journal_.asked().at(1).body, request("2", "m", '"' + text + '"'));
}

TEST_F(JournalTest, TheServersRequestsAreInFlightUntilTheEditorAnswers) {
  server(request("1", "workspace/configuration", "{}"));
  server(request(R"("b")", "window/showMessageRequest", "{}"));
  ASSERT_EQ(journal_.server_requests().size(), 2U);
  EXPECT_EQ(journal_.server_requests()[0].method, "workspace/configuration");
  editor(answer("1"));
  ASSERT_EQ(journal_.server_requests().size(), 1U);
  EXPECT_EQ(journal_.server_requests()[0].raw_id, R"("b")");
  editor(answer("7"));
  journal_.forget_server_requests();
  EXPECT_TRUE(journal_.server_requests().empty());
}

// --- what the editor shows ------------------------------------------------------------------

TEST_F(JournalTest, RegistrationsUntilTheyAreTakenBack) {
  server(request("1", "client/registerCapability",
                 R"({"registrations":[{"id":"w-0","method":"workspace/didChangeWatchedFiles",)"
                 R"("registerOptions":{"watchers":[]}},{"id":"c","method":"m\u0031"}]})"));
  auto const& registrations = journal_.registrations();
  ASSERT_EQ(registrations.size(), 2U);
  EXPECT_EQ(registrations[0].id, "w-0");
  EXPECT_EQ(registrations[0].method, "workspace/didChangeWatchedFiles");
  EXPECT_EQ(json::parse(registrations[0].raw)["registerOptions"],
            json::parse(R"({"watchers":[]})"));
  EXPECT_EQ(registrations[1].method, "m1");
  server(
      request("2", "client/registerCapability", R"({"registrations":[{"id":"c","method":"m2"}]})"));
  ASSERT_EQ(registrations.size(), 2U);
  EXPECT_EQ(registrations[1].method, "m2");
  server(request("3", "client/unregisterCapability",
                 R"({"unregisterations":[{"id":"\u0077-0","method":"x"},{"id":"none"}]})"));
  ASSERT_EQ(registrations.size(), 1U);
  EXPECT_EQ(registrations[0].id, "c");
}

TEST_F(JournalTest, ProgressOfTokensThatTheServerCreated) {
  auto const progress = [](std::string_view token, std::string_view kind) {
    return notification("$/progress", R"({"token":)" + std::string(token) +
                                          R"(,"value":{"kind":")" + std::string(kind) + R"("}})");
  };
  for (auto const* const token : {"7", R"("7")"})
    server(
        request("1", "window/workDoneProgress/create", R"({"token":)" + std::string(token) + "}"));
  EXPECT_TRUE(journal_.open_progress().empty());
  server(progress("7", "begin"));
  server(progress(R"("editors")", "begin"));
  EXPECT_EQ(journal_.open_progress(), std::vector<std::string>{"7"});
  server(progress("7", "report"));
  server(progress(R"("\u0037")", "begin"));
  EXPECT_EQ(journal_.open_progress(), (std::vector<std::string>{"7", R"("7")"}));
  server(progress("7", "end"));
  EXPECT_EQ(journal_.open_progress(), std::vector<std::string>{R"("7")"});
  journal_.forget_progress();
  EXPECT_TRUE(journal_.open_progress().empty());
}

TEST_F(JournalTest, FilesThatCarryDiagnostics) {
  auto const publish = [](std::string_view uri, std::string_view list) {
    return notification(
        "textDocument/publishDiagnostics",
        R"({"uri":")" + std::string(uri) + R"(","diagnostics":)" + std::string(list) + "}");
  };
  server(publish("file:///b", R"([{"message":"x"}])"));
  server(publish("file:///a", "[ {}]"));
  server(publish("file:///c", "[]"));
  server(publish("file:///d", "[ ]"));
  server(publish("file:///e", "null"));
  EXPECT_EQ(journal_.diagnosed(), (std::vector<std::string>{R"("file:///a")", R"("file:///b")"}));
  server(publish("file:///b", "[]"));
  EXPECT_EQ(journal_.diagnosed(), std::vector<std::string>{R"("file:///a")"});
  server(publish("file:///b", "[1]"));
  EXPECT_EQ(journal_.diagnosed().size(), 2U);
}

// --- what it cannot read, and limits ----------------------------------------------------------

TEST_F(JournalTest, WhatCannotBeReadIsSaidAndLeftOut) {
  editor(notification("textDocument/didOpen", "7"));
  server(notification("textDocument/publishDiagnostics", "[]"));
  server(request("1", "client/registerCapability", R"({"registrations":7})"));
  editor(notification("workspace/didChangeWorkspaceFolders", "{}"));
  EXPECT_EQ(journal_.take_remarks().size(), 4U);
  EXPECT_TRUE(journal_.take_remarks().empty());
  EXPECT_EQ(journal_.documents().size(), 0U);
  for (std::string_view const body : {"", "[]", "{}", "7", R"({"method":7})", R"({"id":null})"}) {
    editor(body);
    server(body);
  }
  EXPECT_TRUE(journal_.take_remarks().empty());
}

TEST_F(JournalTest, BodiesAreNeededOnlyOfWhatItRemembers) {
  auto const needs = [&](relay::Direction direction, std::string_view method) {
    return journal_.needs_body(direction, {.kind = framing::MessageKind::notification,
                                           .method = method,
                                           .id = {},
                                           .method_escaped = false});
  };
  auto const response = [&](relay::Direction direction) {
    return journal_.needs_body(
        direction,
        {.kind = framing::MessageKind::response, .method = {}, .id = {}, .method_escaped = false});
  };
  using enum relay::Direction;
  for (auto const* const method :
       {"initialize", "initialized", "$/setTrace", "$/cancelRequest", "textDocument/didOpen",
        "textDocument/didChange", "textDocument/didSave", "textDocument/didClose",
        "workspace/didChangeConfiguration", "workspace/didChangeWorkspaceFolders"})
    EXPECT_TRUE(needs(to_server, method)) << method;
  for (auto const* const method :
       {"client/registerCapability", "client/unregisterCapability", "$/progress",
        "textDocument/publishDiagnostics", "window/workDoneProgress/create"}) {
    EXPECT_TRUE(needs(to_editor, method)) << method;
    EXPECT_FALSE(needs(to_server, method)) << method;
  }
  EXPECT_FALSE(needs(to_server, "textDocument/hover"));
  EXPECT_FALSE(needs(to_editor, "window/logMessage"));
  EXPECT_FALSE(response(to_editor));
  editor(request("0", "initialize", "{}"));
  EXPECT_TRUE(response(to_editor));
  EXPECT_FALSE(response(to_server));
  server(answer("0", "{}"));
  EXPECT_FALSE(response(to_editor));
}

TEST_F(JournalTest, MemoryIsBounded) {
  begin();
  open(std::string(1 << 20, 'x'));
  std::size_t const settled = journal_.memory();
  EXPECT_LT(settled, 3U << 19);
  for (int i = 0; i < 3000; ++i) {
    std::string const n = std::to_string(i);
    edit("[" + change({0, 5}, {0, 6}, "y") + "]");
    editor(request(n, "textDocument/hover", "{}"));
    server(answer(n));
    server(request(n, "window/workDoneProgress/create", R"({"token":)" + n + "}"));
    editor(notification("no such method", "[]"));
    server(request(n, "client/registerCapability", R"({"registrations":[{"id":"a"}]})"));
    // A file that is cured is forgotten in time.
    for (auto const* const list : {"[1]", "[]"})
      server(notification("textDocument/publishDiagnostics",
                          R"({"uri":"file:///)" + n + R"(","diagnostics":)" + list + "}"));
    server(notification("textDocument/publishDiagnostics", "7"));  // a remark each
  }
  EXPECT_LT(journal_.memory(), settled + 96 * 1024);
}

}  // namespace
}  // namespace bridge::session
