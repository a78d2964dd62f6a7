#include "mixnn/crypto/tree_hash.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>
#include <vector>

namespace mixnn {
namespace {

std::vector<std::byte> some_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 131 + i / 4096);
  return bytes;
}

// As the protocol's document says it, piece by piece and leaf by leaf.
Digest as_documented(const std::vector<std::vector<std::byte>>& pieces) {
  std::vector<std::byte> root;
  ByteWriter writer(root);
  for (const std::vector<std::byte>& piece : pieces) {
    writer.put(std::uint64_t{piece.size()});
    for (std::size_t at = 0; at < piece.size(); at += 4096) {
      const ConstBytes rest = ConstBytes(piece).subspan(at);
      writer.put_bytes(sha256({rest.first(std::min<std::size_t>(4096, rest.size()))}));
    }
  }
  return sha256({root});
}

TEST(TreeHash, IsTheDocumentedDigestWhoeverComputesIt) {
  for (const char* backend : {"best", "libsodium"}) {
    ::setenv("MIXNN_AEAD_BACKEND", backend, 1);
    TreeHash hash;
    for (const std::size_t size : {0, 1, 4095, 4096, 4097, 100'000, 300'000}) {
      const std::vector<std::vector<std::byte>> pieces{some_bytes(size), some_bytes(70)};
      for (const auto& piece : pieces) hash.add(piece);
      EXPECT_EQ(hash.finish(), as_documented(pieces)) << size << " " << backend;
    }
  }
  ::unsetenv("MIXNN_AEAD_BACKEND");
}

TEST(TreeHash, TellsPiecesFromTheirJoining) {
  const std::vector<std::byte> all = some_bytes(8192), none;
  const ConstBytes whole(all);
  const std::set<Digest> digests{
      tree_digest({whole}), tree_digest({whole.first(4096), whole.subspan(4096)}),
      tree_digest({whole, none}), tree_digest({none, whole}), tree_digest({})};
  EXPECT_EQ(digests.size(), 5u);
}

}  // namespace
}  // namespace mixnn
