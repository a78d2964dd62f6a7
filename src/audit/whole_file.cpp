#include "whole_file.hpp"

#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/base/regular_file.hpp"

namespace mixnn {

std::vector<std::byte> whole_file(const std::filesystem::path& file) {
  RegularFile in(file);
  if (!in.problem().empty()) throw UsageError(file.string() + ": " + in.problem());
  std::vector<std::byte> bytes(in.size());
  if (!in.read(bytes)) throw UsageError(file.string() + ": cannot be read");
  return bytes;
}

}  // namespace mixnn
