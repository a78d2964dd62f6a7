#include "mixnn/checkpoint/folder_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/process.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr int kPeriodsToStale = 3;

Nanoseconds time_of(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + Nanoseconds(time.tv_nsec);
}

std::string first_word_of(const fs::path& file) {
  std::ifstream in(file);
  std::string word;
  in >> word;
  return word;
}

// When a process began, in the kernel's ticks; empty: there is none, or it cannot be seen.
std::string start_of(const std::string& process) {
  std::ifstream in("/proc/" + process + "/stat");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  constexpr int kField = 20;  // after the name, which may hold anything
  std::string word;
  for (int i = 0; i < kField && rest; ++i) rest >> word;
  return rest ? word : std::string();
}

// Where a process number means the same process: a boot of a machine, and in it a name space of
// processes. Empty if that cannot be known.
std::string process_space() {
  std::array<char, 64> space{};
  const std::string boot = first_word_of("/proc/sys/kernel/random/boot_id");
  if (boot.empty() || ::readlink("/proc/self/ns/pid", space.data(), space.size() - 1) <= 0)
    return {};
  return boot + "/" + space.data();
}

std::string readable(std::string text) {
  text.resize(std::min(text.size(), text.find('\n')));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

// A line for a person.
std::string this_process() {
  std::array<char, 64> host{}, when{};
  ::gethostname(host.data(), host.size() - 1);
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::strftime(when.data(), when.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  const char* const job = std::getenv("SLURM_JOB_ID");
  return "process " + std::to_string(::getpid()) + " on " + host.data() +
         (job == nullptr ? "" : ", job " + readable(job)) + " since " + when.data() + "\n";
}

std::string contents(int descriptor) {
  std::array<char, 400> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  return {text.data(), got < 0 ? 0 : static_cast<std::size_t>(got)};
}

bool write_text(int descriptor, const std::string& text) {
  return uninterrupted([&] { return ::ftruncate(descriptor, 0); }) == 0 &&
         write_all(descriptor, bytes_of(text)) == 0;
}

// No FIFO or device, and no second name of a file that is somewhere else.
bool is_plain(const struct stat& status) { return S_ISREG(status.st_mode) && status.st_nlink <= 1; }

std::string in_brackets(const std::string& text) {
  const std::string line = readable(text);
  return line.empty() ? "" : " (" + line + ")";
}

void sleep_for(Nanoseconds time) { std::this_thread::sleep_for(time); }

}  // namespace

struct FolderLock::Held {
  bool there = false;
  std::string text{};
  std::string problem{};  // why there is no text
  ino_t file = 0;
  Nanoseconds touched{};
};

FolderLock::FolderLock(const fs::path& folder, const std::string& name, Nanoseconds period)
    : folder_(folder), held_file_(folder / "lock.held"), name_(name), period_(period) {
  // Another host may see the same folder through a mount that has no locks.
  if (lock_file() && !read_held().there) return;
  try {
    hold();
  } catch (...) {
    close_file(lock_);
    throw;
  }
  const NoSignals none;
  touching_ = std::thread([this] { keep_touching(); });
}

FolderLock::~FolderLock() {
  if (touching_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    ending_.notify_all();
    touching_.join();
  }
  if (held_ >= 0) {
    if (is_ours()) remove_file(held_file_);
    close_file(held_);
  }
  close_file(lock_);
}

void FolderLock::refuse(const std::string& why) const { throw UsageError(name_ + ": " + why); }

void FolderLock::check() const {
  if (held_ >= 0 && (lost_ || !is_ours()))
    throw RunError(name_ + ": another job has taken it over while this one did not run" +
                   in_brackets(read_held().text));
}

// Whether the file system has locks; throws if another process holds this one.
bool FolderLock::lock_file() {
  lock_ = uninterrupted([this] {
    return ::open((folder_ / "lock").c_str(),
                  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  });
  if (lock_ < 0) refuse("cannot be written: " + system_reason(errno));
  struct stat status {};
  if (::fstat(lock_, &status) != 0 || !is_plain(status)) {
    close_file(lock_);
    refuse("the file lock in it is no regular file of its own");
  }
  const int result = uninterrupted([this] { return ::flock(lock_, LOCK_EX | LOCK_NB); });
  const int error = errno;
  if (result != 0 && error == EWOULDBLOCK) {
    const std::string who = in_brackets(contents(lock_));
    close_file(lock_);
    refuse("another job is using it" + who);
  }
  if (result != 0) {
    lacks_ = "file locks (flock: " + system_reason(error) + ")";
    return false;
  }
  // It helps a person only, so that it is no harm if it cannot be written.
  if (write_text(lock_, this_process())) flush_file(lock_);
  return true;
}

// The file of its own, as soon as nobody else has it.
void FolderLock::hold() {
  Held seen;
  while (!create()) {
    const Held now = read_held();
    if (!now.there) continue;
    if (!now.problem.empty()) refuse("the file lock.held in it " + now.problem);
    const bool same = seen.there && seen.file == now.file && seen.text == now.text;
    if (same && seen.touched != now.touched)
      refuse("another job is using it" + in_brackets(now.text));
    if (!same) seen = now;
    if (stale(now))
      take_over(now);
    else
      sleep_for(period_ / 4);
  }
}

bool FolderLock::create() {
  held_ = uninterrupted([this] {
    return ::open(held_file_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  });
  if (held_ < 0 && errno == EEXIST) return false;
  const std::string self = std::to_string(::getpid());
  const bool written = held_ >= 0 && write_text(held_, this_process() + process_space() + " " +
                                                           self + " " + start_of(self) + "\n");
  if (written) {
    flush_file(held_);
    return true;
  }
  const std::string reason = system_reason(errno);
  if (held_ >= 0) {
    remove_file(held_file_);
    close_file(held_);
  }
  refuse("cannot be locked: " + (lacks_.empty() ? "" : "it lacks " + lacks_ + ", and ") +
         "lock.held cannot be made: " + reason);
}

FolderLock::Held FolderLock::read_held() const {
  Held held;
  // opened anew: NFS asks its server then
  constexpr int kHow = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int file = uninterrupted([this] { return ::open(held_file_.c_str(), kHow); });
  if (file < 0 && errno == ENOENT) return held;
  held.there = true;
  if (file < 0) {
    held.problem = "cannot be read: " + system_reason(errno);
    return held;
  }
  struct stat status {};
  if (::fstat(file, &status) != 0)
    held.there = false;
  else if (!is_plain(status))
    held.problem = "is no regular file of its own";
  else
    held = {true, contents(file), {}, status.st_ino, time_of(status.st_mtim)};
  close_file(file);
  return held;
}

// The clock of a file that is made now.
Nanoseconds FolderLock::server_clock() const {
  std::string probe;
  const int file = make_temporary((folder_ / "lock.probe").string(), probe);
  struct stat status {};
  const bool known = file >= 0 && ::fstat(file, &status) == 0;
  const std::string reason = system_reason(errno);
  if (file >= 0) {
    remove_file(probe);
    close_file(file);
  }
  if (!known) refuse("cannot be written: " + reason);
  return time_of(status.st_mtim);
}

bool FolderLock::stale(const Held& held) const {
  std::istringstream lines(held.text);
  std::string line, space, process, start;
  std::getline(lines, line);
  lines >> space >> process >> start;
  if (!start.empty() && space == process_space()) {
    if (start_of(process) != start) return true;
    refuse("another job is using it" + in_brackets(held.text));
  }
  return server_clock() - held.touched >= kPeriodsToStale * period_;
}

// One at a time, and only the very file that was stale.
void FolderLock::take_over(const Held& held) {
  const fs::path turn = folder_ / "lock.turn";
  const int file = uninterrupted([&] {
    return ::open(turn.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  });
  if (file >= 0) {
    const Held now = read_held();
    if (now.there && now.file == held.file && now.text == held.text && now.touched == held.touched)
      remove_file(held_file_);
    remove_file(turn);
    close_file(file);
    return;
  }
  if (errno != EEXIST) refuse("cannot be written: " + system_reason(errno));
  struct stat status {};
  if (::stat(turn.c_str(), &status) == 0 &&
      server_clock() - time_of(status.st_mtim) >= kPeriodsToStale * period_)
    remove_file(turn);  // who made it died over it
  sleep_for(period_ / 4);
}

bool FolderLock::is_ours() const {
  struct stat ours {
  }, there{};
  return ::fstat(held_, &ours) == 0 && ::stat(held_file_.c_str(), &there) == 0 &&
         ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

void FolderLock::keep_touching() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, period_, [this] { return ends_; })) {
    if (!is_ours()) lost_ = true;
    ::futimens(held_, nullptr);  // by the server's clock
  }
}

}  // namespace mixnn
