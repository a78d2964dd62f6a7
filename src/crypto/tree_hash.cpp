#include "mixnn/crypto/tree_hash.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "leaf_hash.hpp"

namespace mixnn {
namespace {

class SodiumLeafHash final : public LeafHash {
 public:
  void hash(ConstBytes piece, std::size_t leaf, std::span<Digest> digests) override {
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const ConstBytes rest = piece.subspan(i * leaf);
      digests[i] = sha256({rest.first(std::min(leaf, rest.size()))});
    }
  }
};

std::unique_ptr<LeafHash> make_leaf_hash() {
  const char* const wanted = std::getenv("MIXNN_AEAD_BACKEND");
  if (wanted == nullptr || std::string_view(wanted) != "libsodium")
    if (std::unique_ptr<LeafHash> fast = make_ipsec_mb_leaf_hash()) return fast;
  return std::make_unique<SodiumLeafHash>();
}

}  // namespace

TreeHash::TreeHash() : leaves_(make_leaf_hash()) {}
TreeHash::~TreeHash() = default;

void TreeHash::add(ConstBytes piece) {
  const std::uint64_t bytes = piece.size();
  std::vector<Digest> digests((piece.size() + kLeafBytes - 1) / kLeafBytes);
  leaves_->hash(piece, kLeafBytes, digests);
  root_.update(std::as_bytes(std::span(&bytes, 1)));
  root_.update(std::as_bytes(std::span(digests)));
}

Digest TreeHash::finish() {
  const Digest digest = root_.finish();
  root_ = Sha256();
  return digest;
}

Digest tree_digest(std::initializer_list<ConstBytes> pieces) {
  TreeHash hash;
  for (const ConstBytes piece : pieces) hash.add(piece);
  return hash.finish();
}

}  // namespace mixnn
