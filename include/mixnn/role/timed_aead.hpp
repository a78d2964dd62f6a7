#pragma once
#include <memory>
#include <string>

#include "mixnn/base/activity.hpp"
#include "mixnn/crypto/aead.hpp"

namespace mixnn {

// A bulk AEAD whose time is recorded: all else that is done to a cell around it is header work.
class TimedAead final : public BulkAead {
 public:
  // `activity` must outlive it.
  TimedAead(std::unique_ptr<BulkAead> aead, ActivityRecorder& activity)
      : aead_(std::move(aead)), activity_(activity) {}

  std::string name() const override { return aead_->name(); }
  void seal(const Key& key, std::uint32_t index, ConstBytes plaintext, Bytes ciphertext,
            Bytes tag) const override {
    const ActivityRecorder::Scope scope(activity_, Activity::kSeal);
    aead_->seal(key, index, plaintext, ciphertext, tag);
  }
  bool open(const Key& key, std::uint32_t index, ConstBytes ciphertext, ConstBytes tag,
            Bytes plaintext) const override {
    const ActivityRecorder::Scope scope(activity_, Activity::kOpen);
    return aead_->open(key, index, ciphertext, tag, plaintext);
  }

 private:
  std::unique_ptr<BulkAead> aead_;
  ActivityRecorder& activity_;
};

}  // namespace mixnn
