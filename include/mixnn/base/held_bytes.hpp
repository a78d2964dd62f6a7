#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// Bytes that nobody changes, and what keeps them: memory, or a file that is mapped. Copies share
// them.
struct HeldBytes {
  ConstBytes bytes;
  std::shared_ptr<const void> holder;

  static HeldBytes of(std::vector<std::byte> bytes);
  HeldBytes part(std::size_t from, std::size_t count) const {
    return {bytes.subspan(from, count), holder};
  }
};

// The content of a regular file, which is read only as it is used, and which must stay as it is
// until then. No bytes where the system cannot map it.
HeldBytes map_file(const std::filesystem::path& file);

}  // namespace mixnn
