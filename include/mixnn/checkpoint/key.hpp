#pragma once
#include <array>
#include <filesystem>

#include "mixnn/crypto/x25519.hpp"

namespace mixnn {

using ShardName = std::array<std::byte, 16>;  // random

// The owner's secret for checkpoints. It stays on rank 0; hosts get one-use public keys that are
// derived from it, one for each shard. What seals one checkpoint is a sub-key, of it and of that
// checkpoint's secret (run_record.hpp): the key alone opens none.
class CheckpointKey {
 public:
  explicit CheckpointKey(const Key& secret) : secret_(secret) {}

  // Reads the key file, or makes it (0600, its folder 0700) if there is none and `may_make`.
  // Throws UsageError that names --checkpoint-key if it cannot, if another user can read it
  // or owns it, or if it lies in `folder`, the one of the checkpoints.
  static CheckpointKey load(const std::filesystem::path& file, const std::filesystem::path& folder,
                            bool may_make);
  // $XDG_STATE_HOME/mixnn/checkpoint.key, else ~/.local/state/mixnn/checkpoint.key; empty if
  // neither is known.
  static std::filesystem::path default_file();

  CheckpointKey sub_key(const Key& checkpoint_secret) const;
  Key record_key() const;  // seals the records of runs
  // In the place of a secret, if no record can be kept: then the key alone opens the checkpoint.
  Key secret_without_record(ConstBytes run, std::uint64_t number) const;
  // Of a sub-key.
  X25519KeyPair shard_keys(const ShardName& name) const;
  Key manifest_key() const;

 private:
  Key secret_;
};

}  // namespace mixnn
