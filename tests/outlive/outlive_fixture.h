// The real binary in front of scripted servers that are lost, and followed by others.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/session/session_fixture.h"

namespace bridge::outlive {

using rigs::ExitStatus;
using rigs::Json;
using rigs::ProcessWatch;
using rigs::StdioChild;
using rigs::StdioKind;

// LSP 3.17, ErrorCodes.
inline constexpr int kRequestCancelled = -32800;
inline constexpr int kContentModified = -32801;
inline constexpr int kRequestFailed = -32803;

struct Outlive : session::Bridged {
  const std::string program = directory / "gopls";
  const std::string a_go = "/m/a.go";

  // A program that is fake_server with the first of these options (one a line) at its first start,
  // the second at its second, …, and the last from then on. Over a program that is there already it
  // comes by rename, as `go install` does it.
  void write_program(const std::vector<std::string>& options_by_start) {
    int number = 0;
    for (auto const& options : options_by_start)
      directory.write("options." + std::to_string(++number), options);
    auto const fresh = directory.write(
        "gopls~", "#!/bin/sh\ncd " + directory.path() + " || exit 9\necho start >> starts\n" +
                      "n=$(wc -l < starts)\n" + "[ $n -le " + std::to_string(number) + " ] || n=" +
                      std::to_string(number) + "\n" + "FAKE_SERVER_ARGS=$(cat options.$n)\n" +
                      "export FAKE_SERVER_ARGS\n" + "exec " + session::kFakeServer + "\n");
    ASSERT_EQ(::chmod(fresh.c_str(), 0700), 0);
    ASSERT_EQ(::rename(fresh.c_str(), program.c_str()), 0);
  }
  std::size_t starts() const {
    auto const text = rigs::read_file(directory / "starts");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  // Looks until there were that many. Nothing is read from the bridge meanwhile.
  void wait_for_starts(std::size_t wanted) const {
    auto const limit = std::chrono::steady_clock::now() + rigs::kWaitMax;
    while (starts() < wanted) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << starts() << " starts";
      ASSERT_FALSE(child->process().wait_ended(std::chrono::milliseconds(2))) << child->errors();
    }
  }

  // A session with these servers and more of our flags: initialized, /m/a.go open.
  void begin(const std::vector<std::string>& options_by_start,
             const std::vector<std::string>& flags = {}) {
    write_program(options_by_start);
    args = {"--gopls", program};
    args.insert(args.end(), flags.begin(), flags.end());
    start();
    client->initialize("/m");
    client->open(a_go, "package a");
    client->wait_notification("textDocument/publishDiagnostics");
  }
  void change(const std::string& path, int version, const std::string& text) {
    client->notify("textDocument/didChange",
                   {{"textDocument", {{"uri", rigs::file_uri(path)}, {"version", version}}},
                    {"contentChanges", Json::array({{{"text", text}}})}});
  }

  // The process that answers now.
  ProcessWatch server() {
    auto const answer = client->request("fake/where", nullptr);
    return ProcessWatch(answer.at("result").at("pid").get<pid_t>());
  }
  // The server ends itself as a Go panic does; whatever is sent from here on, it did not handle.
  void panic() { client->notify("fake/panic", nullptr); }
  static int error_code(const Json& answer) {
    return answer.contains("error") ? answer["error"]["code"].get<int>() : 0;
  }
  // Messages of a method, or answers to an id, that the present server (--keep) got.
  std::size_t received(const std::string& method) {
    auto const answer = client->request("fake/received", nullptr);
    return static_cast<std::size_t>(
        std::count_if(answer["result"].begin(), answer["result"].end(),
                      [&](auto const& message) { return message.value("method", "") == method; }));
  }
  std::size_t received_answers(std::int64_t id) {
    auto const answer = client->request("fake/received", nullptr);
    return static_cast<std::size_t>(std::count_if(
        answer["result"].begin(), answer["result"].end(),
        [&](auto const& message) { return !message.contains("method") && message["id"] == id; }));
  }
  Json documents() { return client->request("fake/documents", nullptr)["result"]; }

  // In everything the editor got so far.
  std::size_t messages_shown() const {
    std::size_t count = 0;
    auto const& bytes = child->received();
    for (auto at = bytes.find(R"("window/showMessage")"); at != std::string::npos;
         at = bytes.find(R"("window/showMessage")", at + 1))
      ++count;
    return count;
  }
};

}  // namespace bridge::outlive
