// Small histories, each with what must follow from it, line by line (staged_session.h). All begin
// with a server that has answered `initialize` and knows one document.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/simulation/staged_session.h"

namespace bridge::simulation {
namespace {

struct Story {
  const char* name;
  std::string text;
};
void PrintTo(const Story& story, std::ostream* out) { *out << story.name; }

class History : public testing::TestWithParam<Story> {};

TEST_P(History, GoesAsItIsWritten) {
  session::SessionCore::Settings settings;
  settings.replay.hibernate_after = seconds(80);
  StagedSession session(settings);
  session.play(
      "editor initialize 1\n"
      "server answers 1\n"
      "editor initialized\n"
      "editor open a 1 one\n");
  // The text begins behind the line break of its first line.
  std::string const expected = GetParam().text.substr(1);
  EXPECT_EQ(session.play(expected), expected);
}

// What each fresh server is told of that session, if nothing else was said.
std::string greeting(int server, int id, const std::string& documents) {
  std::string const name = "  server " + std::to_string(server);
  std::string const ours = "gopls-bridge:" + std::to_string(id);
  return "server answers " + ours + "\n" + name + " gets initialized\n" + documents;
}
std::string one(int server) {
  return "  server " + std::to_string(server) + " gets didOpen a 1 \"one\"\n";
}
std::string start(int server, int id) {
  std::string const name = "  server " + std::to_string(server);
  return name + " starts\n" + name + " gets initialize #gopls-bridge:" + std::to_string(id) + "\n";
}

const Story kStories[] = {
    {"AnIdleServerDies", R"(
server is killed
)" + start(2, 1) + greeting(2, 1, one(2))},

    {"AHoverInFlightIsAskedAgain", R"(
editor hover 5
  server 1 gets hover #5
server is killed
)" + start(2, 1) + greeting(2, 1, one(2)) +
                                       R"(  server 2 gets hover #5
server answers 5
  editor gets the answer to #5
)"},

    {"ARenameThatAnEditFollowedIsNot", R"(
editor rename 5
  server 1 gets rename #5
editor change a 2 two
  server 1 gets didChange a 2
server is killed
  editor gets error -32801 to #5
)" + start(2, 1) + greeting(2, 1, "  server 2 gets didOpen a 2 \"two\"\n")},

    {"ACancelledOneIsNot", R"(
editor hover 5
  server 1 gets hover #5
editor cancel 5
  server 1 gets cancelRequest #5
server is killed
  editor gets error -32800 to #5
)" + start(2, 1)},

    {"ACommandThatChangesThingsIsNot", R"(
editor execute 5 gopls.tidy
  server 1 gets executeCommand #5
editor execute 6 gopls.views
  server 1 gets executeCommand #6
server is killed
  editor gets error -32801 to #5
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(  server 2 gets executeCommand #6
)"},

    {"WhatIsTypedDuringTheGreetingIsThere", R"(
server is killed
)" + start(2, 1) + R"(editor change a 2 two
editor open b 1 bee
editor settings {"n":1}
editor hover 5
editor watched
)" + greeting(2, 1, R"(  server 2 gets didChangeConfiguration {"n":1}
  server 2 gets didOpen a 2 "two"
  server 2 gets didOpen b 1 "bee"
  server 2 gets didChangeWatchedFiles
  server 2 gets hover #5
)")},

    {"AnEditOutdatesTheRequestsThatWait", R"(
server is killed
)" + start(2, 1) + R"(editor rename 5
editor change a 2 two
  editor gets error -32801 to #5
)"},

    {"CancelledDuringTheGreetingIsAnsweredAtOnce", R"(
server is killed
)" + start(2, 1) + R"(editor hover 5
editor cancel 5
  editor gets error -32800 to #5
)" + greeting(2, 1, one(2))},

    {"ARequestThatEndsTwoServersIsNotAskedAThirdTime", R"(
wait 4000
editor hover 5
  server 1 gets hover #5
server dies
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(  server 2 gets hover #5
server dies
  editor gets error -32803 to #5
wait 200
)" + start(3, 2)},

    {"ADocumentThatEndsTwoServersIsLeftOutUntilItChanges", R"(
wait 4000
editor open b 1 bad
  server 1 gets didOpen b 1 "bad"
server dies
)" + start(2, 1) + greeting(2, 1, one(2)) +
                                                               R"(  server 2 gets didOpen b 1 "bad"
  server 2 gets foldingRange #gopls-bridge:2 b
server dies
  editor gets showMessage
wait 200
)" + start(3, 3) + greeting(3, 3, one(3)) + R"(editor change b 2 good
  server 3 gets didOpen b 2 "good"
)"},

    {"ALeftOutDocumentThatChangesWhileThereIsNoServerIsOpenedAgain",
     R"(
wait 4000
editor open b 1 bad
  server 1 gets didOpen b 1 "bad"
server dies
)" + start(2, 1) +
         greeting(2, 1, one(2)) +
         R"(  server 2 gets didOpen b 1 "bad"
  server 2 gets foldingRange #gopls-bridge:2 b
server dies
  editor gets showMessage
editor change b 2 good
wait 200
)" + start(3, 3) +
         greeting(3, 3, one(3) + "  server 3 gets didOpen b 2 \"good\"\n")},

    {"ADocumentThatDidNotEndTheSecondServerStays", R"(
wait 4000
editor open b 1 bee
  server 1 gets didOpen b 1 "bee"
editor hover 5
  server 1 gets hover #5
server dies
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(  server 2 gets didOpen b 1 "bee"
  server 2 gets foldingRange #gopls-bridge:2 b
server answers gopls-bridge:2
  server 2 gets hover #5
)"},

    {"ServersThatDieWhileGreetedAreTriedMoreAndMoreSeldom", R"(
server is killed
)" + start(2, 1) + R"(server dies
wait 199
wait 1
)" + start(3, 2) + R"(server dies
wait 999
wait 1
)" + start(4, 3) + R"(server dies
  editor gets showMessage
wait 5000
)" + start(5, 4) + R"(server dies
wait 15000
)" + start(6, 5) + R"(server dies
wait 30000
)" + start(7, 6) + greeting(7, 6, one(7))},

    {"NoServerCanBeHad", R"(
no server can be started
editor hover 5
  server 1 gets hover #5
server is killed
  no server starts
wait 200
  no server starts
wait 1000
  no server starts
  editor gets showMessage
wait 5000
  no server starts
wait 3799
wait 1
  editor gets error -32801 to #5
editor hover 6
  editor gets error -32801 to #6
servers can be started
wait 11200
)" + start(2, 1) + greeting(2, 1, one(2)) +
                             R"(editor hover 7
  server 2 gets hover #7
)"},

    {"OpenProgressIsEnded", R"(
server makes-token 1 work
  editor gets create #1 work
editor answers 1
  server 1 gets the answer to #1
server begins work
  editor gets progress work begin
server is killed
  editor gets progress work end
)" + start(2, 1)},

    {"TheFreshServersLoadIsNotShown", R"(
server is killed
)" + start(2, 1) + greeting(2, 1, one(2)) +
                                          R"(server makes-token 1 load
  server 2 gets the answer to #1
server begins load
server ends load
wait 6000
server makes-token 2 work
  editor gets create #2 work
)"},

    {"DiagnosticsThatAreNotReportedAgainAreCleared", R"(
server publishes a 1
  editor gets publishDiagnostics a 1
server publishes b 2
  editor gets publishDiagnostics b 2
server is killed
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(server publishes a 1
  editor gets publishDiagnostics a 1
wait 10000
  editor gets publishDiagnostics b 0
)"},

    {"AnEqualRegistrationIsNotMadeAgain", R"(
server registers 1 w-0 x
  editor gets registerCapability #1 w-0="x"
editor answers 1
  server 1 gets the answer to #1
server is killed
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(server registers 1 w-0 x
  server 2 gets the answer to #1
server unregisters 2 w-0
  editor gets unregisterCapability #2 w-0
)"},

    {"AnotherRegistrationOfTheSameIdGetsAnotherId", R"(
server registers 1 w-0 x
  editor gets registerCapability #1 w-0="x"
editor answers 1
  server 1 gets the answer to #1
server is killed
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(server registers 1 w-0 y
  editor gets registerCapability #1 gopls-bridge:1="y"
editor answers 1
  server 2 gets the answer to #1
wait 10000
  editor gets unregisterCapability #gopls-bridge:2 w-0
server unregisters 2 w-0
  editor gets unregisterCapability #2 gopls-bridge:1
)"},

    {"AnIdThatTheEditorStillOwesIsAnother", R"(
server asks 2
  editor gets configuration #2
server is killed
)" + start(2, 1) + greeting(2, 1, one(2)) + R"(server asks 2
  editor gets configuration #gopls-bridge:s:1
editor answers 2
server cancel 2
  editor gets cancelRequest #gopls-bridge:s:1
editor answers gopls-bridge:s:1
  server 2 gets the answer to #2
)"},

    {"AQuietEditorLetsItsServerSleep", R"(
wait 92000
  server 1 gets shutdown #gopls-bridge:1
server answers gopls-bridge:1
  server 1 gets exit
  server 1 gets end of file
server is killed
editor cancel 7
editor watched
editor hover 5
)" + start(2, 2) + greeting(2, 2, one(2)) + R"(  server 2 gets hover #5
)"},

    {"ShutdownWhileAsleep", R"(
wait 92000
  server 1 gets shutdown #gopls-bridge:1
server answers gopls-bridge:1
  server 1 gets exit
  server 1 gets end of file
server is killed
editor shutdown 9
  editor gets the answer to #9
editor exit
  the session ends with 0
)"},

    {"ShutdownWhileGreeting", R"(
server is killed
)" + start(2, 1) + R"(editor hover 5
editor shutdown 9
  editor gets the answer to #9
editor exit
  the session ends with 0
)"},

    {"AProgramThatChangedIsUsedWhenTheEditorPauses", R"(
the program changes
  the new program gets initialize #gopls-bridge:1
wait 1000
editor hover 5
  server 1 gets hover #5
wait 10000
server answers 5
  editor gets the answer to #5
wait 4000
  server 1 gets shutdown #gopls-bridge:2
server answers gopls-bridge:2
  server 1 gets exit
  server 1 gets end of file
server is killed
)" + start(2, 3) + greeting(2, 3, one(2))},
};

INSTANTIATE_TEST_SUITE_P(All, History, testing::ValuesIn(kStories),
                         [](const auto& story) { return std::string(story.param.name); });

}  // namespace
}  // namespace bridge::simulation
