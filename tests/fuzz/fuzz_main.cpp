// libFuzzer's program: MIXNN_FUZZ_TARGET names the target (CMake preset `fuzz`, bench/fuzz.sh).
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "fuzz/target.hpp"

namespace {

const mixnn::fuzzing::Target* chosen() {
  const char* const name = std::getenv("MIXNN_FUZZ_TARGET");
  return mixnn::fuzzing::find_target(name != nullptr ? name : "");
}

}  // namespace

// libsodium alone: it opens and seals the same, and makes an object without a self-test, which
// takes longer than what is fuzzed.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  setenv("MIXNN_AEAD_BACKEND", "libsodium", 1);
  if (chosen() != nullptr) return 0;
  std::fputs("MIXNN_FUZZ_TARGET must be one of:", stderr);
  for (const mixnn::fuzzing::Target* target : mixnn::fuzzing::targets())
    std::fprintf(stderr, " %s", target->name);
  std::fputs("\n", stderr);
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const mixnn::fuzzing::Target* const target = chosen();
  target->run(std::as_bytes(std::span(data, size)).first(std::min(size, target->longest)));
  return 0;
}
