#include "mixnn/crypto/secret_memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "mixnn/crypto/secret.hpp"

namespace mixnn {
namespace {

// The flags of the mapping that this address is in.
std::string flags_at(const void* address) {
  std::ifstream in("/proc/self/smaps");
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  bool here = false;
  for (std::string line; std::getline(in, line);) {
    std::uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> from >> dash >> to && dash == '-') here = from <= at && at < to;
    if (here && line.starts_with("VmFlags:")) return line + " ";
  }
  return {};
}

TEST(SecretMemory, IsLockedAndLeftOutOfDumps) {
  const Key key;
  const std::string flags = flags_at(key.bytes().data());
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
#if defined(MIXNN_SANITIZE)
  GTEST_SKIP() << "AddressSanitizer lets nobody lock memory";
#endif
  if (!all_secrets_locked()) GTEST_SKIP() << "no memory can be locked here (ulimit -l)";
  EXPECT_NE(flags.find(" lo "), std::string::npos) << flags;
}

TEST(SecretMemory, BlocksAreZeroAndNoTwoAreTheSame) {
  for (int round = 0; round < 3; ++round) {
    std::vector<Key> keys(20'000);  // of several chunks
    std::set<const std::byte*> places;
    for (Key& key : keys) {
      places.insert(key.bytes().data());
      EXPECT_TRUE(std::ranges::all_of(key.bytes(), [](std::byte b) { return b == std::byte{0}; }));
      std::ranges::fill(key.bytes(), std::byte{0xEE});
    }
    EXPECT_EQ(places.size(), keys.size());
  }
}

TEST(SecretMemory, GoesBackWithTheThreadThatHadItAtHand) {
  std::set<const std::byte*> places;
  for (int i = 0; i < 1000; ++i)
    std::thread([&] {
      const Key key;
      places.insert(key.bytes().data());
    }).join();
  EXPECT_LT(places.size(), 300u);
}

// In a process of its own, whose limit and user change.
int exit_code_beyond_the_limit() {
  const rlimit little{256 << 10, 256 << 10};
  ::setrlimit(RLIMIT_MEMLOCK, &little);
  const bool limited = ::geteuid() != 0 || ::seteuid(65534) == 0;  // root may lock more
  const std::vector<Key> keys(50'000);
  std::ranges::fill(std::vector<Key>(keys).back().bytes(), std::byte{1});
  return limited && all_secrets_locked() ? 1 : 0;
}

TEST(SecretMemoryDeathTest, MoreThanCanBeLockedIsThereAllTheSameAndThatIsSaid) {
#if defined(MIXNN_SANITIZE)
  GTEST_SKIP() << "AddressSanitizer lets nobody lock memory, and says that all went well";
#endif
  EXPECT_EXIT(::_exit(exit_code_beyond_the_limit()), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mixnn
