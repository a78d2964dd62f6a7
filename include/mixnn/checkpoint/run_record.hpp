#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/base/codec.hpp"
#include "mixnn/crypto/hash.hpp"

namespace mixnn {

using RunId = std::array<std::byte, 16>;  // random, of one training

// What the owner keeps of a training beside its key, and what opens its checkpoints together with
// it. Each checkpoint has a secret, made from that of the number before and not the other way
// round. The record holds that of the oldest one that is kept: what opened those before is gone,
// and an older record, such as a copy of it, still opens all newer ones.
struct RunRecord {
  static constexpr std::uint64_t kMostAhead = 1'000'000;  // checkpoints that it opens

  RunId run{};
  std::uint64_t oldest = 1;  // number of a checkpoint
  Key secret;                // that one's
  std::uint64_t last = 0;    // number of the newest that was written; 0: none yet
  Digest last_sha256{};      // of its manifest
  std::string folder;        // where it was written; empty: another training is there now

  void forget_before(std::uint64_t number);  // moves `oldest` on
};
Key next_checkpoint_secret(const Key& secret);

void describe(auto& codec, Of<RunRecord> auto& record) {
  codec.bytes(record.run);
  codec.number(record.oldest);
  codec.bytes(record.secret.bytes());
  codec.number(record.last);
  codec.bytes(record.last_sha256);
  codec.text(record.folder, 4096, TextRule::kAny);
}

// The records, one file for each training, in a folder of their own beside the key. Sealed: who can
// write there and has not the key can take them away, and no more.
class RunRecords {
 public:
  RunRecords(std::filesystem::path folder, const Key& key)
      : folder_(std::move(folder)), key_(key) {}

  std::filesystem::path file(const RunId& run) const;
  struct Found {
    std::optional<RunRecord> record;
    std::string problem;  // if there is none: "is missing", "does not open", ...
  };
  Found read(const RunId& run) const;
  struct Listing {
    std::vector<RunRecord> records;
    std::vector<std::string> unread;  // files, and why
  };
  Listing of_folder(const std::string& checkpoints) const;
  // Whole or not at all, and then the bytes of the one before are overwritten.
  struct Written {
    int error = 0;       // errno: why it is not written
    int not_erased = 0;  // errno: it is, but the bytes of the one before may still be there
  };
  Written write(const RunRecord& record) const;
  // Overwritten, too. Returns the error.
  int remove(const RunId& run) const;
  void remove_unfinished(const RunId& run) const;  // what a job left that died writing it

 private:
  std::filesystem::path folder_;
  Key key_;
};

}  // namespace mixnn
