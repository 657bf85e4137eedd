#include "proxy/session/park/background_walk.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "framing/json_text.h"
#include "proxy/session/file_uri.h"
#include "proxy/session/journal/record.h"

namespace bridge::session {
namespace {

bool is_as_kept(const KeptDocument& document) {
  std::string_view const raw = document.raw_uri;
  if (raw.size() < 2) return false;
  auto const path = path_of_file_uri(framing::decode_json_string(raw.substr(1, raw.size() - 2)));
  struct stat status {};
  if (!path || ::stat(path->c_str(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) != document.bytes)
    return false;
  auto const text = read_file_of_uri(raw, static_cast<std::size_t>(document.bytes));
  return text && text->size() == document.bytes && checksum(*text) == document.text_checksum;
}

}  // namespace

struct BackgroundWalk::Work {
  WalkRequest request;
  bool in_no_hurry = false;
  std::optional<std::string> before;
  std::vector<KeptDocument> documents;
  std::int64_t since_ns = now_ns();

  WalkOutcome outcome;
  std::atomic<bool> stop{false};
  kernel::UniqueFd done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::thread thread;

  void start();
  void run();
  void walk();
  void end() const;
};

void BackgroundWalk::Work::start() {
  try {
    thread = std::thread([this] { run(); });
  } catch (const std::system_error& error) {  // RLIMIT_NPROC, memory
    outcome.error = std::string("no thread: ") + error.what();
    end();
  }
}

void BackgroundWalk::Work::run() {
  // Of this thread only: Linux keeps the value per thread, and 0 is the one that calls.
  if (in_no_hurry) (void)::setpriority(PRIO_PROCESS, 0, 19);
  auto const began = std::chrono::steady_clock::now();
  try {
    walk();
  } catch (const std::exception& error) {  // memory
    outcome = WalkOutcome();
    outcome.error = error.what();
  }
  outcome.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  end();
}

void BackgroundWalk::Work::walk() {
  outcome.snapshot = WorkspaceSnapshot::take(
      request, outcome.error, {.since_ns = since_ns, .in_no_hurry = in_no_hurry, .stop = &stop});
  if (!outcome.snapshot || !before) return;
  std::string error;
  auto const parked = WorkspaceSnapshot::parse(*before, error);
  if (parked)
    outcome.changes = outcome.snapshot->changes_since(*parked);
  else
    outcome.changes.useless = "the snapshot of when it was parked cannot be read: " + error;
  // A session that is dropped has no documents.
  if (!outcome.changes.useless.empty()) return;
  for (KeptDocument const& document : documents) {
    if (stop.load(std::memory_order_relaxed)) {
      outcome.snapshot.reset();
      outcome.error = "it was stopped";
      return;
    }
    if (!is_as_kept(document)) outcome.differing_documents.push_back(document.raw_uri);
  }
}

void BackgroundWalk::Work::end() const {
  std::uint64_t const one = 1;
  // Cannot fail: the counter is at 0.
  (void)!::write(done.get(), &one, sizeof one);
}

BackgroundWalk::BackgroundWalk(WalkRequest request, bool in_no_hurry)
    : work_(std::make_unique<Work>()) {
  work_->request = std::move(request);
  work_->in_no_hurry = in_no_hurry;
  work_->start();
}

BackgroundWalk::BackgroundWalk(WalkRequest request, std::string before,
                               std::vector<KeptDocument> documents)
    : work_(std::make_unique<Work>()) {
  work_->request = std::move(request);
  work_->before = std::move(before);
  work_->documents = std::move(documents);
  work_->start();
}

BackgroundWalk::~BackgroundWalk() {
  work_->stop.store(true, std::memory_order_relaxed);
  if (work_->thread.joinable()) work_->thread.join();
}

int BackgroundWalk::fd() const noexcept { return work_->done.get(); }

std::optional<WalkOutcome> BackgroundWalk::take() {
  std::uint64_t count = 0;
  if (::read(work_->done.get(), &count, sizeof count) != sizeof count) return std::nullopt;
  if (work_->thread.joinable()) work_->thread.join();
  return std::move(work_->outcome);
}

}  // namespace bridge::session
