#include "mixnn/data/formats/format.hpp"

#include "mixnn/base/error.hpp"
#include "mixnn/data/file_names.hpp"

namespace mixnn {

std::filesystem::path needed_file(const std::filesystem::path& folder, const std::string& name) {
  if (const auto file = find_data_file(folder, name)) return *file;
  throw UsageError(folder.string() + ": has neither " + name + " nor " + name + ".gz" +
                   holds_text(folder) + "; " + kDataRemedy);
}

}  // namespace mixnn
