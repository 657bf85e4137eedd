// A small LSP client over a StdioChild: numbered requests, their answers, notifications kept by
// method. Answers the server's own requests as VS Code would: a null for each asked configuration
// item, null for the rest; nothing once stdin is closed. Real client libraries are used in
// tests/e2e; this is for C++ tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/rigs/stdio_child.h"

namespace bridge::rigs {

using Json = nlohmann::ordered_json;

class LspClient {
 public:
  // `child` must outlive the client; nobody else may read its frames meanwhile.
  explicit LspClient(StdioChild& child) : child_(child) {}

  // Sends and waits for the answer: the whole message, with `result` or `error`.
  Json request(std::string_view method, Json params);
  // The two halves of request(): several may be in flight.
  std::int64_t send_request(std::string_view method, Json params);
  Json wait_answer(std::int64_t id);
  void notify(std::string_view method, Json params);
  // The params of the first notification, kept or still to come, that fits; it is forgotten then.
  Json wait_notification(std::string_view method,
                         const std::function<bool(const Json&)>& fits = {});

  // initialize with VS Code's main capabilities, and initialized. Returns the answer.
  Json initialize(const std::string& root_directory);
  void open(const std::string& path, std::string_view text);
  Json hover(const std::string& path, int line, int character);

  const std::vector<Json>& server_requests() const { return server_requests_; }

 private:
  void read_one(std::string_view what);

  StdioChild& child_;
  std::int64_t last_id_ = 0;
  std::vector<Json> answers_, notifications_, server_requests_;
};

// file:// URI of an absolute path without characters that need escaping (a TempDir's).
std::string file_uri(const std::string& path);

}  // namespace bridge::rigs
