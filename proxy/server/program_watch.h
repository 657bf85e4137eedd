// Tells that the program at a path may be another one by now: installed anew, linked elsewhere,
// back after it was gone. One descriptor to wait for; no polling.
//
// Watches (inotify) the directory of the file itself, and by their own every link and directory on
// the way to it, so that a link anywhere in the path may be set anew. It does not look into the
// file: whether it runs, and what it is, is found by starting it. Where the kernel refuses watches
// (limits, file systems of another machine) there is no news, which is no error.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/kernel/unique_fd.h"

namespace bridge::server {

class ProgramWatch {
 public:
  // `path` is absolute. What is there now counts as started.
  explicit ProgramWatch(std::string path);

  // Readable when something may have happened; -1: there will be no news. Stays the same.
  int fd() const noexcept { return inotify_.get(); }

  // To be called before each start of the program: what is there now is what will be running.
  void note_start();

  // Takes in what happened. True if there is a program that is not the one of note_start() and that
  // nobody is known to be writing. The answer stays until something happens, or note_start().
  bool changed();

 private:
  // The file behind the path, as far as it tells one build of a program from another.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t modified_ns = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  struct Watch {
    int number;
    std::string path;  // without links, but it may be one itself
    std::string name;  // the one entry of a directory that matters; empty: none is watched for
  };

  std::optional<Identity> look() const;
  void walk();
  void add(std::string path, std::uint32_t mask, std::string name,
           std::vector<Watch>& watches) const;
  bool drain();
  const Watch* find(int number, std::string_view name) const;

  std::string path_;
  kernel::UniqueFd inotify_;
  std::vector<Watch> watches_;
  std::string file_;  // where the file is or would be, without links; empty: nobody knows
  std::optional<Identity> started_;
  bool being_written_ = false;
  bool changed_ = false;
};

}  // namespace bridge::server
