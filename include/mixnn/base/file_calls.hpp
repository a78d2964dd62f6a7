#pragma once
#include <cerrno>
#include <filesystem>
#include <string>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// The system's calls on files, for all that must not be lost: a signal that interrupts one (EINTR)
// has it repeated, and a part that is written is followed by the rest. Errors are errno's numbers;
// 0: none.

// Calls until no signal interrupts it; its last result, and errno.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Makes a folder, and those above it that are missing. Returns the error; none if it is there.
int make_folders(const std::filesystem::path& folder, unsigned mode);

// A new file that only its owner can read, open for reading and writing, and its name: `stem`, a
// dot and six characters. -1: errno says why not.
int make_temporary(const std::string& stem, std::string& name);

// All of it, however often the system takes only a part. Returns the error.
int write_all(int descriptor, ConstBytes bytes);

// To the disk. Returns the error; some file systems cannot flush: then it is as good there as it
// gets, and no error.
int flush_file(int descriptor);

// The same for the names in the folder of `file`. Who may not open the folder cannot flush it,
// which is no error.
int flush_folder_of(const std::filesystem::path& file);

// Takes its name from a file. Returns the error; none if there was no such file.
int remove_file(const std::filesystem::path& file);

// It is closed in any case. Returns the error with which the system says, this late, that it does
// not have what was written.
int close_file(int descriptor);

}  // namespace mixnn
