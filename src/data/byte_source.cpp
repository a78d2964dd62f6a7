#include "mixnn/data/byte_source.hpp"

#include <algorithm>
#include <limits>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 22;

}  // namespace

HeldBytes ByteSource::take(std::size_t count, std::size_t) {
  std::vector<std::byte> bytes;
  while (bytes.size() < count) {
    const std::size_t done = bytes.size(), want = std::min(kChunkBytes, count - done);
    bytes.resize(done + want);
    const std::size_t got = read(Bytes(bytes).subspan(done));
    bytes.resize(done + got);
    if (got < want) break;
  }
  return HeldBytes::of(std::move(bytes));
}

HeldBytes ByteSource::take_all(std::size_t alignment) {
  return take(std::numeric_limits<std::size_t>::max(), alignment);
}

bool ByteSource::at_end() {
  std::byte more{};
  return read({&more, 1}) == 0;
}

void ByteSource::fail(const std::string& why) const { throw UsageError(name_ + ": " + why); }

}  // namespace mixnn
