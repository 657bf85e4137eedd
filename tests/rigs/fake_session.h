// One client of fake_server: what it sends is answered by the script of the options. README.md
// lists what it understands.
#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/rigs/fake_server_options.h"
#include "tests/rigs/frames.h"

namespace bridge::rigs {

class FakeSession {
 public:
  // `options` must outlive it.
  FakeSession(const FakeServerOptions& options, int input, int output)
      : options_(options), input_(input), output_(output) {}

  // Returns at end of file or after shutdown and exit; a bare `exit` ends the process, as in gopls.
  void run();

  // The parts of run(), for a loop over several: what it waits for, and what is done then.
  bool done() const { return done_; }
  std::array<pollfd, 2> wants() const;
  int timeout_ms() const;  // -1: none
  void turn(const pollfd& input, const pollfd& output);

 private:
  using Json = nlohmann::ordered_json;
  using Clock = std::chrono::steady_clock;

  struct Later {
    Clock::time_point due;
    std::string body;
    std::string method;
  };

  bool read_some();
  void write_some();
  void handle(const std::string& body);
  void handle_request(const std::string& method, const Json& message, const Json& params);
  void handle_notification(const std::string& method, const Json& params);
  Json answer(const std::string& method, const Json& params);
  Json documents() const;
  void publish(const Json& document);
  [[noreturn]] void panic(const std::string& why);
  // `answered`: the method that it is an answer to.
  void send(const std::string& body, const std::string& answered = {});
  void send(const Json& message) { send(message.dump()); }

  const FakeServerOptions& options_;
  int input_, output_;
  FrameReader frames_;
  std::deque<std::string> writes_;  // each is one write, if the kernel takes it
  std::size_t written_ = 0;         // of the first of them
  std::vector<Later> later_;
  Json received_ = Json::array();          // every message
  std::map<std::string, Json> documents_;  // by URI: version and text
  Json environment_ = Json::object();      // initializationOptions.env
  bool shut_down_ = false, done_ = false, stalled_ = false, die_when_written_ = false;
};

// To the end of a file.
void append_to_file(const std::string& path, std::string_view bytes);

}  // namespace bridge::rigs
