// Every described type, by bytes that nobody wrote and by altered bytes of such that somebody did.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "wire/described_types.hpp"
#include "wire/drawing.hpp"

namespace mixnn {
namespace {

using testing::draw_valid;
using testing::fuzz;

// Some bytes changed, a size or count put in, cut short, or lengthened.
void mutate(std::vector<std::byte>& bytes, CounterRng& rng) {
  constexpr std::uint32_t kSizes[] = {0, 1, 2, 255, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  for (std::uint32_t i = 1 + rng.below(3); i > 0 && !bytes.empty(); --i) {
    const std::size_t at = rng.below(static_cast<std::uint32_t>(bytes.size()));
    const std::uint32_t size = kSizes[rng.below(std::size(kSizes))];
    switch (rng.below(4)) {
      case 0:
        bytes[at] = static_cast<std::byte>(rng.next());
        break;
      case 1:
        bytes[at] ^= static_cast<std::byte>(1u << rng.below(8));
        break;
      case 2:
        if (at + sizeof size <= bytes.size()) std::memcpy(&bytes[at], &size, sizeof size);
        break;
      default:
        bytes.resize(rng.below(2) == 0 ? at : bytes.size() + rng.below(9));
    }
  }
}

TEST(Fuzz, RandomBytesAreDecodedOrRefused) {
  testing::each_described_type([]<class T>(const char* name) {
    SCOPED_TRACE(name);
    CounterRng rng(1, RandomPurpose::kTest, 0);
    for (int i = 0; i < 2000; ++i) {
      std::vector<std::byte> bytes(rng.below(400));
      testing::Drawing(rng).bytes(bytes);
      fuzz<T>(bytes);
    }
  });
}

TEST(Fuzz, WhatIsValidIsAcceptedAndWhatIsAlteredIsDecodedOrRefused) {
  testing::each_described_type([]<class T>(const char* name) {
    SCOPED_TRACE(name);
    CounterRng rng(2, RandomPurpose::kTest, 0);
    for (int i = 0; i < 40; ++i) {
      const std::vector<std::byte> valid = draw_valid<T>(rng);
      ASSERT_TRUE(fuzz<T>(valid));
      for (int j = 0; j < 30; ++j) {
        std::vector<std::byte> bytes = valid;
        mutate(bytes, rng);
        fuzz<T>(bytes);
      }
    }
  });
}

TEST(Fuzz, WhatIsValidIsRefusedWhereverItIsCut) {
  testing::each_described_type([]<class T>(const char* name) {
    SCOPED_TRACE(name);
    CounterRng rng(3, RandomPurpose::kTest, 0);
    const std::vector<std::byte> valid = draw_valid<T>(rng);
    for (std::size_t size = 0; size < valid.size(); ++size)
      ASSERT_FALSE(fuzz<T>(ConstBytes(valid).first(size))) << size;
  });
}

// A new payload is fuzzed as soon as its kind has a row; any other description needs one in
// described_types.hpp.
TEST(Fuzz, NoDescriptionIsForgotten) {
  std::set<std::string> described, fuzzed;
  constexpr std::string_view kDescription = "void describe(auto& codec, Of<";
  for (const char* folder : {"/include/mixnn", "/src"})
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(std::string(MIXNN_SOURCE_DIR) + folder)) {
      if (!file.is_regular_file() || file.path().filename() == "codec.hpp") continue;
      std::ifstream in(file.path());
      for (std::string line; std::getline(in, line);)
        if (const std::size_t at = line.find(kDescription); at != std::string::npos) {
          const std::size_t name = at + kDescription.size();
          described.insert(line.substr(name, line.find('>', name) - name));
        }
    }
  testing::each_described_type([&]<class T>(const char* name) { fuzzed.insert(name); });
  for (const std::string& name : described) EXPECT_TRUE(fuzzed.contains(name)) << name;
  for (const std::string& name : fuzzed) EXPECT_TRUE(described.contains(name)) << name;
}

}  // namespace
}  // namespace mixnn
