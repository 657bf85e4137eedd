// The places and what makes each unfit, on real directories. What needs another owner needs root,
// and says so where there is none.
#include "proxy/lease/runtime_directory.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "proxy/lease/runtime_place.h"
#include "tests/rigs/process.h"
#include "tests/rigs/temp_dir.h"

namespace bridge::lease {
namespace {

namespace fs = std::filesystem;

// Any uid but ours: what belongs to it is not ours.
constexpr uid_t kForeignUid = 54321;

mode_t mode_of(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

void make(const std::string& path, mode_t mode) {
  ASSERT_TRUE(fs::create_directories(path));
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class RuntimePlaceTest : public testing::Test {
 protected:
  TakenPlace take(std::string_view instance = {}) const {
    return take_runtime_place({.parent = directory_.path(), .name = "gopls-bridge"}, instance);
  }
  std::string at(std::string_view name) const { return directory_ / name; }

  rigs::TempDir directory_;
};

TEST_F(RuntimePlaceTest, IsMadeForTheOwnerAloneWhateverTheUmask) {
  mode_t const own = ::umask(0);
  auto const taken = take();
  ::umask(own);
  EXPECT_EQ(taken.complaint, "");
  EXPECT_EQ(taken.path, at("gopls-bridge"));
  EXPECT_EQ(mode_of(taken.path), 0700U);
  EXPECT_TRUE(taken.fd);

  fs::remove(taken.path);
  ::umask(0777);
  auto const narrow = take();
  ::umask(own);
  EXPECT_EQ(narrow.complaint, "");
  EXPECT_EQ(mode_of(narrow.path), 0700U);
}

TEST_F(RuntimePlaceTest, OneThatIsThereIsTakenAsItIs) {
  make(at("gopls-bridge"), 0700);
  directory_.write("gopls-bridge/control.sock", "");
  EXPECT_EQ(take().path, at("gopls-bridge"));
  EXPECT_TRUE(fs::exists(at("gopls-bridge/control.sock")));
}

TEST_F(RuntimePlaceTest, OneThatOthersMayOnlyLookAtIsClosedToThem) {
  make(at("gopls-bridge"), 0755);
  EXPECT_EQ(take().complaint, "");
  EXPECT_EQ(mode_of(at("gopls-bridge")), 0700U);
  make(at("locked"), 0000);
  auto const locked = take_runtime_place({.parent = directory_.path(), .name = "locked"}, {});
  EXPECT_EQ(locked.complaint, "");
  EXPECT_EQ(mode_of(at("locked")), 0700U);
}

// Somebody may have put a socket there before it is closed.
TEST_F(RuntimePlaceTest, OneThatOthersCanWriteToIsRefusedAndLeftAsItIs) {
  for (mode_t const mode : {0777U, 01777U, 0720U, 0702U}) {
    make(at("gopls-bridge"), mode);
    auto const taken = take();
    EXPECT_EQ(taken.path, "");
    EXPECT_FALSE(taken.fd);
    EXPECT_TRUE(has(taken.complaint, "can be written to by others")) << taken.complaint;
    EXPECT_EQ(mode_of(at("gopls-bridge")), mode);
    fs::remove(at("gopls-bridge"));
  }
}

TEST_F(RuntimePlaceTest, ALinkIsRefusedAlsoToADirectoryOfOurs) {
  make(at("elsewhere"), 0700);
  fs::create_symlink("elsewhere", at("gopls-bridge"));
  EXPECT_TRUE(has(take().complaint, "is no directory")) << take().complaint;
  fs::remove(at("gopls-bridge"));
  fs::create_symlink("nowhere", at("gopls-bridge"));
  EXPECT_EQ(take().path, "");
  EXPECT_FALSE(fs::exists(at("nowhere"))) << "made through the link";
}

TEST_F(RuntimePlaceTest, AFileIsRefused) {
  directory_.write("gopls-bridge", "");
  EXPECT_TRUE(has(take().complaint, "is no directory")) << take().complaint;
}

TEST_F(RuntimePlaceTest, OneOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a directory of another user's";
  make(at("gopls-bridge"), 0700);
  ASSERT_EQ(::chown(at("gopls-bridge").c_str(), kForeignUid, 0), 0);
  auto const taken = take();
  EXPECT_EQ(taken.path, "");
  EXPECT_TRUE(has(taken.complaint, "belongs to uid 54321")) << taken.complaint;
}

TEST_F(RuntimePlaceTest, AParentWhereOthersCouldExchangeItIsRefused) {
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  EXPECT_TRUE(has(take().complaint, "can be written to by others")) << take().complaint;
  EXPECT_FALSE(fs::exists(at("gopls-bridge")));
  ASSERT_EQ(::chmod(directory_.path().c_str(), 01777), 0);
  EXPECT_EQ(take().complaint, "") << "as /tmp";
}

TEST_F(RuntimePlaceTest, AParentOfAnotherUserIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  // As $XDG_RUNTIME_DIR of a shell that sudo has started, or WSLg's for a second user.
  ASSERT_EQ(::chown(directory_.path().c_str(), kForeignUid, 0), 0);
  EXPECT_TRUE(has(take().complaint, "belongs to uid 54321")) << take().complaint;
  EXPECT_FALSE(fs::exists(at("gopls-bridge")));
}

TEST_F(RuntimePlaceTest, AParentMayBeALink) {
  make(at("real"), 0700);
  fs::create_symlink("real", at("link"));
  auto const taken = take_runtime_place({.parent = at("link"), .name = "x"}, {});
  EXPECT_EQ(taken.path, at("link/x"));
  EXPECT_TRUE(fs::is_directory(at("real/x")));
}

TEST_F(RuntimePlaceTest, AMissingParentIsNotMade) {
  auto const taken = take_runtime_place({.parent = at("missing"), .name = "x"}, {});
  EXPECT_TRUE(has(taken.complaint, at("missing") + ": No such file")) << taken.complaint;
  EXPECT_FALSE(fs::exists(at("missing")));
}

TEST_F(RuntimePlaceTest, AnInstanceHasADirectoryBelowOfWhichTheSameIsAsked) {
  auto const taken = take("work");
  EXPECT_EQ(taken.path, at("gopls-bridge/work"));
  EXPECT_EQ(mode_of(taken.path), 0700U);
  ASSERT_EQ(::chmod(taken.path.c_str(), 0777), 0);
  EXPECT_EQ(take("work").path, "");
  EXPECT_EQ(take().path, at("gopls-bridge")) << "the others are not concerned";
}

TEST_F(RuntimePlaceTest, AServersSocketCanBeBoundInTheLongestPathThatIsTaken) {
  std::string name = "x";
  TakenPlace taken;
  while (true) {
    auto longer = take_runtime_place({.parent = directory_.path(), .name = name}, {});
    if (longer.path.empty()) {
      EXPECT_TRUE(has(longer.complaint, "too long")) << longer.complaint;
      break;
    }
    taken = std::move(longer);
    name += 'x';
    ASSERT_LT(name.size(), 200U);
  }
  auto const servers = taken.path + '/' + kServersDirectory;
  make(servers, 0700);
  auto const path = servers + '/' + std::string(kServerSocketNameBytesMax, 's');
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof address.sun_path);
  EXPECT_EQ(path.size(), sizeof address.sun_path - 1) << "room is given away";
  std::memcpy(address.sun_path, path.c_str(), path.size());
  kernel::UniqueFd const socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TEST_F(RuntimePlaceTest, AnInstancesNameCountsForTheLength) {
  std::string const name(74 - directory_.path().size() - 1, 'x');
  RuntimePlace const place{.parent = directory_.path(), .name = name};
  EXPECT_EQ(take_runtime_place(place, {}).complaint, "");
  EXPECT_TRUE(has(take_runtime_place(place, "i").complaint, "too long"));
}

TEST_F(RuntimePlaceTest, RefusalsLeaveNoDescriptorOpen) {
  make(at("gopls-bridge"), 0777);
  auto const before = rigs::open_descriptors();
  EXPECT_EQ(take().path, "");
  EXPECT_EQ(take("work").path, "");
  EXPECT_EQ(rigs::open_descriptors(), before);
}

TEST(InstanceName, OnlyPlainNamesThatAreNotTaken) {
  for (auto const* good : {"", "work", "a.b_c-D9", ".x", "..."})
    EXPECT_EQ(instance_complaint(good), "") << good;
  for (auto const* bad : {".", "..", "a/b", "/", "../x", "a b", "a\n", "é", "servers", "here",
                          "control.sock", "daemon.sock", "daemon.lock", "start.lock", "lsp.sock"})
    EXPECT_NE(instance_complaint(bad), "") << bad;
  EXPECT_NE(instance_complaint(std::string_view("a\0b", 3)), "");
  EXPECT_EQ(instance_complaint(std::string(32, 'x')), "");
  EXPECT_NE(instance_complaint(std::string(33, 'x')), "");
}

TEST(FileSystem, ThoseWithoutSocketsOrOfSeveralMachinesAreUnfit) {
  for (std::uint64_t const type : {0x01021997U, 0x65735546U, 0x6969U, 0xff534d42U})
    EXPECT_NE(unfit_file_system(type), "") << type;
  EXPECT_NE(unfit_file_system(0xffffffffff534d42U), "") << "with the sign of a 32-bit f_type";
  std::uint64_t const zfs = 0x2fc12fc1;  // not in linux/magic.h
  for (std::uint64_t const type :
       std::initializer_list<std::uint64_t>{TMPFS_MAGIC, EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
                                            XFS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, zfs})
    EXPECT_EQ(unfit_file_system(type), "") << type;
}

class RuntimeDirectoryTest : public testing::Test {
 protected:
  RuntimeDirectory open(const std::vector<std::string>& variables,
                        std::string_view instance = {}) const {
    std::vector<const char*> entries;
    entries.reserve(variables.size() + 1);
    for (auto const& variable : variables) entries.push_back(variable.c_str());
    entries.push_back(nullptr);
    return open_runtime_directory(server::Environment(entries.data()), instance);
  }
  std::string at(std::string_view name) const { return directory_ / name; }

  rigs::TempDir directory_;
};

TEST_F(RuntimeDirectoryTest, IsInXdgRuntimeDirWhereThatIsOurs) {
  auto const directory = open({"XDG_RUNTIME_DIR=" + directory_.path() + "//"});
  EXPECT_EQ(directory.path, at("gopls-bridge"));
  EXPECT_TRUE(directory.complaints.empty());
  EXPECT_TRUE(is_still_there(directory));
  EXPECT_EQ(open({"XDG_RUNTIME_DIR=" + directory_.path()}, "i").path, at("gopls-bridge/i"));
}

// /run/user/UID, where it is there, comes before $TMPDIR.
TEST_F(RuntimeDirectoryTest, AnotherPlaceIsTakenWhereThatIsUnfitAndEachIsSaid) {
  auto const uid = std::to_string(::geteuid());
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0777), 0);
  rigs::TempDir const temporary;
  auto const directory =
      open({"XDG_RUNTIME_DIR=" + directory_.path(), "TMPDIR=" + temporary.path()});
  ASSERT_FALSE(directory.complaints.empty());
  EXPECT_TRUE(has(directory.complaints[0], directory_.path() + ": can be written to by others"))
      << directory.complaints[0];
  if (directory.complaints.size() == 1) {
    EXPECT_EQ(directory.path, "/run/user/" + uid + "/gopls-bridge");
  } else {
    EXPECT_TRUE(has(directory.complaints[1], "/run/user/" + uid)) << directory.complaints[1];
    EXPECT_EQ(directory.path, temporary / ("gopls-bridge-" + uid));
  }
}

TEST_F(RuntimeDirectoryTest, ARelativeOneIsNone) {
  auto const first = open({"XDG_RUNTIME_DIR=run", "TMPDIR=" + directory_.path()});
  EXPECT_EQ(first.complaints.at(0), "XDG_RUNTIME_DIR is no absolute path");
  EXPECT_TRUE(first.path.starts_with('/'));
  auto const second = open({"XDG_RUNTIME_DIR=" + directory_.path(), "TMPDIR=tmp"});
  EXPECT_EQ(second.complaints, std::vector<std::string>{"TMPDIR is no absolute path"});
  EXPECT_EQ(second.path, at("gopls-bridge"));
}

TEST_F(RuntimeDirectoryTest, OneThatIsTooLongForASocketIsPassedOverForAShortOne) {
  auto const long_one = at(std::string(60, 'x'));
  make(long_one, 0700);
  auto const directory = open({"XDG_RUNTIME_DIR=" + long_one, "TMPDIR=" + directory_.path()});
  EXPECT_FALSE(directory.path.empty());
  EXPECT_FALSE(directory.path.starts_with(long_one));
  EXPECT_TRUE(has(directory.complaints.at(0), "too long"));
  EXPECT_TRUE(fs::is_empty(long_one));
}

TEST_F(RuntimeDirectoryTest, ABadInstanceMakesNothing) {
  auto const directory = open({"XDG_RUNTIME_DIR=" + directory_.path()}, "../x");
  EXPECT_EQ(directory.path, "");
  EXPECT_EQ(directory.complaints.size(), 1U);
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(RuntimeDirectoryTest, IsNoLongerThereWhenDeletedReplacedOrALink) {
  std::vector<std::string> const variables{"XDG_RUNTIME_DIR=" + directory_.path()};
  EXPECT_FALSE(is_still_there(RuntimeDirectory{}));
  auto const deleted = open(variables);
  fs::remove(deleted.path);
  EXPECT_FALSE(is_still_there(deleted));

  auto const replaced = open(variables);
  EXPECT_TRUE(is_still_there(replaced));
  fs::rename(replaced.path, at("moved"));
  make(replaced.path, 0700);
  EXPECT_FALSE(is_still_there(replaced));
  fs::remove(replaced.path);
  fs::create_symlink("moved", replaced.path);
  EXPECT_FALSE(is_still_there(replaced)) << "a link to it is not it";
  fs::remove(replaced.path);
  fs::rename(at("moved"), replaced.path);
  EXPECT_TRUE(is_still_there(replaced));
}

// In a mount namespace of its own, so that the machine does not see the mount. As WSL does with
// /run/user/UID some minutes after its start.
TEST_F(RuntimeDirectoryTest, IsNoLongerThereWhenMountedOver) {
  enum : int { kSeen = 0, kNotSeen = 1, kCannot = 2, kGoneBefore = 3 };
  std::vector<std::string> const variables{"XDG_RUNTIME_DIR=" + directory_.path()};
  auto const directory = open(variables);
  pid_t const child = ::fork();
  if (child == 0) {
    if ((::geteuid() == 0 ? ::unshare(CLONE_NEWNS) : ::unshare(CLONE_NEWUSER | CLONE_NEWNS)) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      ::_exit(kCannot);
    if (!is_still_there(directory)) ::_exit(kGoneBefore);
    if (::mount("none", directory_.path().c_str(), "tmpfs", 0, nullptr) != 0) ::_exit(kCannot);
    ::_exit(is_still_there(directory) ? kNotSeen : kSeen);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannot) GTEST_SKIP() << "no mount namespace to be had here";
  EXPECT_EQ(WEXITSTATUS(status), kSeen);
}

}  // namespace
}  // namespace bridge::lease
