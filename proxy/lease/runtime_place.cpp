#include "proxy/lease/runtime_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace bridge::lease {
namespace {

using kernel::UniqueFd;

// What fits behind a path for gopls to bind there: "/servers/", the name, the NUL.
constexpr std::size_t kPathBytesMax =
    sizeof(sockaddr_un::sun_path) - 1 - sizeof kServersDirectory - 1 - kServerSocketNameBytesMax;
// Leaves room for the longest usual place, "/run/user/4294967295/gopls-bridge/".
constexpr std::size_t kInstanceBytesMax = 32;

constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

struct FileSystem {
  std::uint32_t type;
  std::string_view why;
};

constexpr std::string_view kNoSockets = "no sockets can be bound there";
constexpr std::string_view kOtherMachines = "other machines may use it too";

// linux/magic.h and, where it lacks them, the drivers. virtiofs has FUSE's number.
constexpr std::array<FileSystem, 14> kUnfit = {{
    {0x01021997, kNoSockets},      // 9p: WSL's drives (microsoft/WSL#5961)
    {0x65735546, kNoSockets},      // FUSE: up to each of them
    {0x00004d44, kNoSockets},      // vfat
    {0x2011bab0, kNoSockets},      // exfat
    {0x5346544e, kNoSockets},      // ntfs
    {0x7366746e, kNoSockets},      // ntfs3
    {0x786f4256, kNoSockets},      // vboxsf
    {0xbacbacbc, kNoSockets},      // VMware's hgfs
    {0x0000517b, kNoSockets},      // smb
    {0xfe534d42, kNoSockets},      // smb2
    {0xff534d42, kNoSockets},      // cifs
    {0x00006969, kOtherMachines},  // nfs: its locks are held across machines, its sockets are not
    {0x5346414f, kOtherMachines},  // afs
    {0x00c36400, kOtherMachines},  // ceph
}};

std::string owner_complaint(const struct stat& status) {
  return "belongs to uid " + std::to_string(status.st_uid);
}

// Nobody but us and root may be able to rename what is in it.
std::string parent_complaint(const struct stat& status) {
  if (status.st_uid != ::geteuid() && status.st_uid != 0) return owner_complaint(status);
  if ((status.st_mode & kOthersWrite) != 0 && (status.st_mode & S_ISVTX) == 0)
    return "can be written to by others";
  return {};
}

std::string own_complaint(int fd, struct stat& status) {
  if (::fstat(fd, &status) != 0) return std::strerror(errno);
  if (status.st_uid != ::geteuid()) return owner_complaint(status);
  // Who could write there may have left something; that cannot be undone by a mode.
  if ((status.st_mode & kOthersWrite) != 0) return "can be written to by others";
  struct statfs file_system;
  if (::fstatfs(fd, &file_system) != 0) return std::strerror(errno);
  return std::string(unfit_file_system(static_cast<std::uint64_t>(file_system.f_type)));
}

// The directory `name` in `parent`, made if need be; nothing else than a directory, and no link.
UniqueFd open_own(int parent, const std::string& name, std::string& complaint) {
  // EEXIST is as good; another fault shows itself in the next call.
  if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST) {
    complaint = std::strerror(errno);
    return {};
  }
  UniqueFd directory(::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    // O_PATH | O_NOFOLLOW opens the link itself, which is then not a directory.
    complaint = errno == ENOTDIR || errno == ELOOP ? "is no directory" : std::strerror(errno);
    return {};
  }
  struct stat status;
  complaint = own_complaint(directory.get(), status);
  if (complaint.empty() && (status.st_mode & 0777) != 0700) {
    // fchmod takes no O_PATH descriptor, and one to read needs a mode that allows it.
    std::string const link = "/proc/self/fd/" + std::to_string(directory.get());
    if (::chmod(link.c_str(), 0700) != 0) complaint = std::strerror(errno);
  }
  if (!complaint.empty()) directory.reset();
  return directory;
}

TakenPlace refused(const std::string& path, std::string_view why) {
  return {.path = {}, .fd = {}, .complaint = path + ": " + std::string(why)};
}

}  // namespace

std::string_view unfit_file_system(std::uint64_t type) noexcept {
  // A signed f_type may come with its sign.
  auto const known = std::find_if(kUnfit.begin(), kUnfit.end(), [type](const FileSystem& one) {
    return one.type == static_cast<std::uint32_t>(type);
  });
  return known == kUnfit.end() ? std::string_view() : known->why;
}

std::string instance_complaint(std::string_view instance) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  constexpr std::array<std::string_view, 10> kTaken = {
      ".",        "..",        kControlSocket, kLspSocket,       kDaemonSocket, kDaemonLspSocket,
      kStartLock, kDaemonLock, kHereMark,      kServersDirectory};
  std::string const words = "\"" + std::string(instance) + "\" is no name for an instance: ";
  if (instance.find_first_not_of(kLetters) != std::string_view::npos)
    return words + "only letters, digits, and _ . -";
  if (instance.size() > kInstanceBytesMax)
    return words + "more than " + std::to_string(kInstanceBytesMax) + " bytes";
  if (std::find(kTaken.begin(), kTaken.end(), instance) != kTaken.end())
    return words + "it is used for something else";
  return {};
}

TakenPlace take_runtime_place(const RuntimePlace& place, std::string_view instance) {
  std::string path = place.parent + '/' + place.name;
  std::size_t const bytes = path.size() + (instance.empty() ? 0 : instance.size() + 1);
  if (bytes > kPathBytesMax) return refused(path, "is too long for the path of a socket");
  // The parent may be a link: whose it is, is asked of what it leads to.
  UniqueFd const parent(::open(place.parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat status;
  if (!parent || ::fstat(parent.get(), &status) != 0)
    return refused(place.parent, std::strerror(errno));
  if (auto const why = parent_complaint(status); !why.empty()) return refused(place.parent, why);

  std::string complaint;
  UniqueFd directory = open_own(parent.get(), place.name, complaint);
  if (!directory) return refused(path, complaint);
  if (!instance.empty()) {
    path.append("/").append(instance);
    directory = open_own(directory.get(), std::string(instance), complaint);
    if (!directory) return refused(path, complaint);
  }
  return {.path = std::move(path), .fd = std::move(directory), .complaint = {}};
}

}  // namespace bridge::lease
