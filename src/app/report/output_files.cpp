#include "mixnn/app/report/output_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "mixnn/base/bytes.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/base/file_calls.hpp"
#include "mixnn/base/private_file.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

// Through symbolic links, so that a link stays one.
fs::path target_of(const fs::path& file) {
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  return error ? file : target;
}

[[noreturn]] void refuse(const std::string& option, const fs::path& path, const std::string& why) {
  throw UsageError(option + " " + path.string() + ": cannot be written: " + why);
}

// 0, or why no file can be made in the folder.
int try_folder(const fs::path& folder) {
  std::string probe;
  const int fd = make_temporary(((folder.empty() ? "." : folder) / ".mixnn").string(), probe);
  if (fd < 0) return errno;
  close_file(fd);
  remove_file(probe);
  return 0;
}

void write_special(const fs::path& file, std::string_view text) {
  const int fd = uninterrupted([&] { return ::open(file.c_str(), O_WRONLY | O_CLOEXEC); });
  int reason = fd < 0 ? errno : write_all(fd, bytes_of(text));
  const int closed = fd < 0 ? 0 : close_file(fd);
  if (reason == 0) reason = closed;
  if (reason != 0) throw FileError(file.string() + ": cannot be written", reason);
}

}  // namespace

bool is_special(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  return fs::exists(status) && !fs::is_regular_file(status);
}

void check_outputs(const fs::path& out, const fs::path& json) {
  if (!out.empty()) check_output_folder("--out", out);
  if (!json.empty()) check_output_file("--json", json);
}

void check_output_folder(const std::string& option, const fs::path& folder) {
  std::error_code error;
  const int why_not = make_folders(folder, 0777);  // less what the user's umask takes
  if (!fs::is_directory(folder, error))
    refuse(option, folder, why_not ? system_reason(why_not) : "it is not a folder");
  if (const int why = try_folder(folder)) refuse(option, folder, system_reason(why));
}

void check_output_file(const std::string& option, const fs::path& file) {
  std::error_code error;
  if (fs::is_directory(file, error)) refuse(option, file, "it is a folder");
  if (is_special(file)) {
    if (::access(file.c_str(), W_OK) != 0) refuse(option, file, system_reason(errno));
  } else if (const int why = try_folder(target_of(file).parent_path())) {
    refuse(option, file, system_reason(why));
  }
}

void write_file(const fs::path& file, std::string_view text) {
  if (is_special(file)) return write_special(file, text);
  PrivateFile target(target_of(file));
  target.write(bytes_of(text));
  target.commit();
}

}  // namespace mixnn
