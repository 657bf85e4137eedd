// memory_budget_mib: beyond it the gopls that nobody used for longest sleeps.
#include <gtest/gtest.h>

#include "tests/broker/broker_fixture.h"

namespace bridge::broker {
namespace {

using Memory = Broker;

TEST_F(Memory, BeyondTheBudgetTheSessionsOfAnIdleServerSleepAndItEnds) {
  write_program("--keep");
  environment.emplace_back("GOPLS_BRIDGE_MEMORY_BUDGET_MIB=1");
  auto one = open_editor();
  // It keeps this. Its own pages alone may come to less than 1 MiB where others run the same file.
  one->client.open("/m/large.go", std::string(4'000'000, 'x'));
  expect_hover(*one);
  auto other = open_editor();
  ProcessWatch const server(server_of(*one));
  ASSERT_EQ(server_of(*other), server.pid());
  EXPECT_TRUE(server.wait_ended(kBound)) << "one look comes after ten seconds";
  wait_for_status("two sessions that sleep",
                  [](auto const& it) { return it.count("hibernating") == 2; });
  expect_hover(*one);
  EXPECT_NE(server_of(*one), server.pid());
  quit(one);
  quit(other);
}

}  // namespace
}  // namespace bridge::broker
