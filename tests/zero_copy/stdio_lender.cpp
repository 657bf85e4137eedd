// Stands where gopls would and lends its stdin and stdout to the test, which then is the server,
// byte by byte. Keeps neither itself, and ends when the test lets go of the connection over which
// they were passed. Built without sanitizers: hundreds of these are started.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int fail(const char* what) {
  std::fprintf(stderr, "stdio_lender: %s: %s\n", what, std::strerror(errno));
  return 1;
}

bool pass_stdio(int connection) {
  int const lent[2] = {STDIN_FILENO, STDOUT_FILENO};
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof lent)] = {};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof lent);
  std::memcpy(CMSG_DATA(header), lent, sizeof lent);
  return ::sendmsg(connection, &message, MSG_NOSIGNAL) == 1;
}

}  // namespace

int main() {
  const char* const path = std::getenv("STDIO_BORROWER");
  if (path == nullptr) return fail("STDIO_BORROWER");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int const connection = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail(path);
  if (!pass_stdio(connection)) return fail("sendmsg");
  int const nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  char byte = 0;
  return ::read(connection, &byte, 1) == 0 ? 0 : fail("read");
}
