// Every test of this executable ends with as many open descriptors as it began with.
#include <dirent.h>
#include <gtest/gtest.h>

namespace {

int open_descriptors() {
  DIR* const directory = ::opendir("/proc/self/fd");
  int count = -1;  // the one that opendir holds
  while (dirent const* entry = ::readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(directory);
  return count;
}

class DescriptorBalance final : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { before_ = open_descriptors(); }
  // In this event a failure still belongs to the test.
  void OnTestEnd(const testing::TestInfo& test) override {
    EXPECT_EQ(open_descriptors(), before_) << test.name() << " leaked descriptors";
  }
  int before_ = 0;
};

// Listeners are told of an end in reverse order: put in front, this one speaks after the fixture is
// gone and before the printer.
[[maybe_unused]] bool const registered = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new DescriptorBalance);
  return true;
}();

}  // namespace
