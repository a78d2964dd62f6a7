#include "mixnn/app/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mixnn {
namespace {

std::string stdout_of(const std::string& process) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + process + "/fd/1", error).string();
}

std::string parent_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("PPid:")) return line.substr(line.find_first_not_of(" \t", 5));
  return "0";
}

bool is_terminal(const std::string& device) {
  return device.starts_with("/dev/pts/") || device.starts_with("/dev/tty") ||
         device == "/dev/console";
}

}  // namespace

Terminal Terminal::of_stdout() {
  if (isatty(STDOUT_FILENO) == 0) return Terminal();
  const std::string own = stdout_of("self");
  if (std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr) return Terminal(own);
  // The nearest ancestor whose output goes elsewhere is the launcher; what is between are wrappers
  // of this process.
  std::string process = std::to_string(getppid());
  while (process != "0" && stdout_of(process) == own) process = parent_of(process);
  const std::string launcher = process == "0" ? "" : stdout_of(process);
  return Terminal(is_terminal(launcher) ? launcher : "");
}

std::size_t Terminal::columns() const {
  const int fd = ::open(device_.c_str(), O_RDONLY | O_NOCTTY | O_CLOEXEC);
  winsize size{};
  const bool told = fd >= 0 && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  if (fd >= 0) ::close(fd);
  return told ? size.ws_col : 80;
}

}  // namespace mixnn
