// System calls that fail at the Nth call, by strace's injection into the real binary: what is no
// reason to end must not be felt, what is must end the session with its name.
#include <unistd.h>

#include "proxy/exit_codes.h"
#include "tests/session/session_fixture.h"

namespace bridge::session {
namespace {

constexpr const char* kStrace = "/usr/bin/strace";

struct InjectedFault : Bridged {
  void SetUp() override {
    ASSERT_EQ(::access(kStrace, X_OK), 0) << "strace is missing: scripts/setup installs it";
    // LeakSanitizer cannot work in a traced process.
    environment = {"ASAN_OPTIONS=detect_leaks=0", "LSAN_OPTIONS=detect_leaks=0"};
  }
  // `fault` is strace's, as in "recvfrom:error=EINTR:when=1+2".
  void start_with(const std::string& fault) {
    std::string const call = fault.substr(0, fault.find(':'));
    std::vector<std::string> argv{kStrace,      "-qq",           "-o", directory / "trace",
                                  "-e",         "trace=" + call, "-e", "inject=" + fault,
                                  BRIDGE_BINARY};
    argv.insert(argv.end(), args.begin(), args.end());
    start_argv(argv);
  }
  // The injection must have happened: a check that cannot fail is none.
  void expect_injected() {
    EXPECT_NE(rigs::read_file(directory / "trace").find("(INJECTED)"), std::string::npos);
  }
};

TEST_F(InjectedFault, InterruptedCallsAreNotFelt) {
  for (std::string const call : {"recvfrom", "sendto"}) {
    for (StdioKind const kind : {StdioKind::socketpair, StdioKind::fifo}) {
      stdio = kind;
      start_with(call + ":error=EINTR:when=1+2");
      client->initialize("/m");
      expect_hover();
      shut_down();
      expect_injected();
    }
  }
  if (kSanitized) return;  // the loader reads, too
  stdio = StdioKind::fifo;
  for (std::string const call : {"read", "write"}) {
    start_with(call + ":error=EINTR:when=3+2");
    client->initialize("/m");
    expect_hover();
    shut_down();
    expect_injected();
  }
}

TEST_F(InjectedFault, CallsThatWouldBlockAreTriedAgain) {
  for (std::string const call : {"recvfrom", "sendto"}) {
    start_with(call + ":error=EAGAIN:when=1+2");
    client->initialize("/m");
    expect_hover();
    shut_down();
    expect_injected();
  }
}

TEST_F(InjectedFault, AReadErrorOfTheEditorEndsTheSessionByName) {
  start_with("recvfrom:error=EIO:when=1");  // the editor speaks first
  client->send_request("initialize", Json::object());
  EXPECT_EQ(child->wait_exit(), (ExitStatus{kExitInternal, 0}));
  EXPECT_NE(child->errors().find("reading failed: Input/output error"), std::string::npos)
      << child->errors();
}

TEST_F(InjectedFault, AReadErrorOfTheServerBeforeItsFirstAnswerIsMadeGood) {
  start_with("recvfrom:error=EIO:when=2");  // the second to speak is the server
  client->initialize("/m");
  expect_hover();
  shut_down();
  expect_injected();
}

TEST_F(InjectedFault, WhatTheKernelRefusesAtTheStartFallsBackToGopls) {
  for (std::string const fault :
       {"socketpair:error=EMFILE:when=1", "socketpair:error=ENFILE:when=2",
        "pipe2:error=EMFILE:when=1", "pipe2:error=EMFILE:when=2", "clone:error=EAGAIN:when=1",
        "epoll_create1:error=EMFILE:when=1", "epoll_create1:error=EMFILE:when=2"}) {
    if (kSanitized && fault.starts_with("pipe2")) continue;
    start_with(fault);
    client->initialize("/m");
    expect_hover();
    shut_down();
    expect_injected();
  }
}

TEST_F(InjectedFault, AnOldKernelsMissingCallsAreDoneWithout) {
  for (std::string const fault : {"pidfd_open:error=ENOSYS", "close_range:error=ENOSYS"}) {
    std::string const call = fault.substr(0, fault.find(':'));
    std::vector<std::string> argv{kStrace,
                                  "-f",
                                  "-qq",
                                  "-o",
                                  directory / "trace",
                                  "-e",
                                  "trace=" + call,
                                  "-e",
                                  "inject=" + fault,
                                  BRIDGE_BINARY};
    argv.insert(argv.end(), args.begin(), args.end());
    start_argv(argv);
    client->initialize("/m");
    expect_hover();
    shut_down();
    expect_injected();
  }
}

}  // namespace
}  // namespace bridge::session
