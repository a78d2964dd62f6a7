#pragma once
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <string>
#include <string_view>
#include <vector>

// The system's calls on files are those below, for this program and for the libraries that it is
// linked to, so that none is forgotten. Those in one folder are counted, and fail when told to. To
// be included by one source of a test program.
namespace mixnn::testing {

struct FileFault {
  enum class Kind {
    kNot,            // nothing is done, and it is an error
    kDoneAllTheSame  // it is done, and yet an error is told, as a server does whose answer is lost
  };
  std::size_t call = 0;   // the first, counted from 1; 0: none
  int error = 0;          // 0: a part is written, and no error
  std::size_t count = 1;  // so many in a row
  Kind kind = Kind::kNot;
};

// While it lives, calls on what is below `folder` are counted, nobody sleeps, and nothing is really
// flushed to the disk, as that takes long. One at a time.
class FailingCalls {
 public:
  FailingCalls(std::string_view folder, const FileFault& fault) : folder_(folder), fault_(fault) {
    current = this;
  }
  ~FailingCalls() { current = nullptr; }
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  const std::vector<std::string>& all() const { return all_; }  // as "NAME of PATH"

  static FailingCalls* current;

  // Whether this call, on `path`, is to fail.
  bool fails(const char* name, std::string_view path) {
    if (!path.starts_with(folder_)) return false;
    all_.push_back(std::string(name) + " of " + std::string(path));
    const std::size_t number = all_.size();
    return fault_.call != 0 && number >= fault_.call && number - fault_.call < fault_.count;
  }
  bool fails(const char* name, int descriptor) {
    std::array<char, 4096> path;
    const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
    const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
    return size > 0 && fails(name, {path.data(), static_cast<std::size_t>(size)});
  }
  const FileFault& fault() const { return fault_; }

 private:
  std::string folder_;
  FileFault fault_;
  std::vector<std::string> all_;
};

inline constinit FailingCalls* FailingCalls::current = nullptr;

template <class Subject, class Call>
auto perhaps(const char* name, Subject subject, const Call& call, decltype(call()) failure) {
  FailingCalls* const calls = FailingCalls::current;
  const int before = errno;
  const bool fails = calls != nullptr && calls->fails(name, subject);
  errno = before;
  if (!fails || calls->fault().error == 0) return call();
  if (calls->fault().kind == FileFault::Kind::kDoneAllTheSame) static_cast<void>(call());
  errno = calls->fault().error;
  return failure;
}

template <typename Function>
Function* of_the_system(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace mixnn::testing

#define MIXNN_CALL(NAME, RESULT, TYPES, PARAMETERS, ARGUMENTS, SUBJECT, FAILURE)  \
  RESULT NAME PARAMETERS {                                                        \
    static auto* const call = mixnn::testing::of_the_system<RESULT TYPES>(#NAME); \
    return mixnn::testing::perhaps(                                               \
        #NAME, SUBJECT, [&] { return call ARGUMENTS; }, FAILURE);                 \
  }

extern "C" {
MIXNN_CALL(mkstemp, int, (char*), (char* name), (name), name, -1)
MIXNN_CALL(mkdtemp, char*, (char*), (char* name) noexcept, (name), name, nullptr)
MIXNN_CALL(mkdir, int, (const char*, mode_t), (const char* name, mode_t mode) noexcept,
           (name, mode), name, -1)
MIXNN_CALL(fdatasync, int, (int), (int file), (file), file, -1)
MIXNN_CALL(flock, int, (int, int), (int file, int how) noexcept, (file, how), file, -1)
MIXNN_CALL(ftruncate, int, (int, off_t), (int file, off_t size) noexcept, (file, size), file, -1)
MIXNN_CALL(rename, int, (const char*, const char*), (const char* from, const char* to) noexcept,
           (from, to), to, -1)
MIXNN_CALL(link, int, (const char*, const char*), (const char* from, const char* to) noexcept,
           (from, to), to, -1)
MIXNN_CALL(unlink, int, (const char*), (const char* name) noexcept, (name), name, -1)
MIXNN_CALL(remove, int, (const char*), (const char* name) noexcept, (name), name, -1)
MIXNN_CALL(rmdir, int, (const char*), (const char* name) noexcept, (name), name, -1)
MIXNN_CALL(chmod, int, (const char*, mode_t), (const char* name, mode_t mode) noexcept,
           (name, mode), name, -1)
MIXNN_CALL(fchmod, int, (int, mode_t), (int file, mode_t mode) noexcept, (file, mode), file, -1)
MIXNN_CALL(futimens, int, (int, const timespec*), (int file, const timespec* times) noexcept,
           (file, times), file, -1)
MIXNN_CALL(pwrite, ssize_t, (int, const void*, size_t, off_t),
           (int file, const void* from, size_t size, off_t at), (file, from, size, at), file, -1)
MIXNN_CALL(writev, ssize_t, (int, const iovec*, int), (int file, const iovec* from, int count),
           (file, from, count), file, -1)

int open(const char* name, int flags, ...) {
  static auto* const call = mixnn::testing::of_the_system<int(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return mixnn::testing::perhaps(
      "open", name, [&] { return call(name, flags, mode); }, -1);
}

// An error of close() leaves the file closed, as Linux does.
int close(int file) {
  static auto* const call = mixnn::testing::of_the_system<int(int)>("close");
  using mixnn::testing::FailingCalls;
  const bool fails =
      FailingCalls::current != nullptr && FailingCalls::current->fails("close", file);
  const int result = call(file);
  if (!fails || FailingCalls::current->fault().error == 0) return result;
  errno = FailingCalls::current->fault().error;
  return -1;
}

ssize_t write(int file, const void* from, size_t size) {
  static auto* const call =
      mixnn::testing::of_the_system<ssize_t(int, const void*, size_t)>("write");
  using mixnn::testing::FailingCalls;
  if (FailingCalls::current == nullptr || !FailingCalls::current->fails("write", file))
    return call(file, from, size);
  const mixnn::testing::FileFault& fault = FailingCalls::current->fault();
  if (fault.error == 0) return call(file, from, size > 1 ? size / 2 : size);
  // of a disk that fills up, a part is there
  if (fault.error == ENOSPC) static_cast<void>(call(file, from, size / 2));
  errno = fault.error;
  return -1;
}

int fsync(int file) {
  static auto* const call = mixnn::testing::of_the_system<int(int)>("fsync");
  if (mixnn::testing::FailingCalls::current == nullptr) return call(file);
  return mixnn::testing::perhaps(
      "fsync", file, [] { return 0; }, -1);
}

int nanosleep(const timespec* time, timespec* left) {
  static auto* const call =
      mixnn::testing::of_the_system<int(const timespec*, timespec*)>("nanosleep");
  return mixnn::testing::FailingCalls::current == nullptr ? call(time, left) : 0;
}
}

#undef MIXNN_CALL
