// For libFuzzer (CMake option MIXNN_FUZZ, with clang): the first byte chooses a described type, the
// others are given to its decoder.
#include "wire/described_types.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  unsigned number = 0;
  mixnn::testing::each_described_type([&]<class T>(const char*) {
    if (number++ == data[0]) mixnn::testing::fuzz<T>(bytes);
  });
  return 0;
}
