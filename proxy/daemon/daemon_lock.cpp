#include "proxy/daemon/daemon_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <string>

namespace bridge::daemon {

kernel::UniqueFd take_daemon_lock(const lease::RuntimeDirectory& directory) {
  std::string const path = directory.path + '/' + lease::kDaemonLock;
  kernel::UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) lock.reset();
  return lock;
}

}  // namespace bridge::daemon
