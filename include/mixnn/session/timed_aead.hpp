#pragma once
#include <memory>
#include <optional>
#include <string>

#include "mixnn/base/activity.hpp"
#include "mixnn/crypto/keyed_aead.hpp"
#include "mixnn/onion/format.hpp"

namespace mixnn {

// A bulk AEAD whose time on bodies is recorded; keystreams count as sealing. All else that is done
// to a cell is header work, and so are the short texts of headers.
class TimedAead final : public BulkAead {
 public:
  // `activity` must outlive it.
  TimedAead(std::unique_ptr<BulkAead> aead, ActivityRecorder& activity)
      : aead_(std::move(aead)), activity_(activity) {}

  std::string name() const override { return aead_->name(); }
  void seal(const Key& key, ConstBytes plaintext, Bytes ciphertext, Bytes tag) const override {
    const Scope scope(activity_, Activity::kSeal, plaintext);
    aead_->seal(key, plaintext, ciphertext, tag);
  }
  void seal_padded(const Key& key, ConstBytes plaintext, Bytes ciphertext,
                   Bytes tag) const override {
    const Scope scope(activity_, Activity::kSeal, ciphertext);
    aead_->seal_padded(key, plaintext, ciphertext, tag);
  }
  void xor_keystream(const Key& key, ConstBytes in, Bytes out) const override {
    const Scope scope(activity_, Activity::kSeal, in);
    aead_->xor_keystream(key, in, out);
  }
  bool open(const Key& key, ConstBytes ciphertext, ConstBytes tag, Bytes plaintext) const override {
    const Scope scope(activity_, Activity::kOpen, ciphertext);
    return aead_->open(key, ciphertext, tag, plaintext);
  }
  void seal_box(const Key& key, ConstBytes plaintext, Bytes box) const override {
    aead_->seal_box(key, plaintext, box);
  }
  bool open_box(const Key& key, ConstBytes box, Bytes plaintext) const override {
    return aead_->open_box(key, box, plaintext);
  }
  std::unique_ptr<KeyedAead> keyed(const Key& key) const override {
    return std::make_unique<Keyed>(aead_->keyed(key), activity_);
  }

 private:
  class Scope {
   public:
    Scope(ActivityRecorder& activity, Activity what, ConstBytes text) {
      if (text.size() > kHeaderBytes) scope_.emplace(activity, what);
    }

   private:
    std::optional<ActivityRecorder::Scope> scope_;
  };

  class Keyed final : public KeyedAead {
   public:
    Keyed(std::unique_ptr<KeyedAead> aead, ActivityRecorder& activity)
        : aead_(std::move(aead)), activity_(activity) {}

   private:
    void do_seal(std::uint64_t nonce, ConstBytes plaintext, Bytes ciphertext,
                 Bytes tag) const override {
      const Scope scope(activity_, Activity::kSeal, plaintext);
      aead_->seal(nonce, plaintext, ciphertext, tag);
    }
    bool do_open(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag,
                 Bytes plaintext) const override {
      const Scope scope(activity_, Activity::kOpen, ciphertext);
      return aead_->open(nonce, ciphertext, tag, plaintext);
    }
    void do_seal_parts(std::uint64_t nonce, ConstBytes head, ConstBytes body, Bytes ciphertext,
                       Bytes tag) const override {
      const Scope scope(activity_, Activity::kSeal, ciphertext);
      aead_->seal_parts(nonce, head, body, ciphertext, tag);
    }
    bool do_open_parts(std::uint64_t nonce, ConstBytes ciphertext, ConstBytes tag, Bytes head,
                       Bytes body) const override {
      const Scope scope(activity_, Activity::kOpen, ciphertext);
      return aead_->open_parts(nonce, ciphertext, tag, head, body);
    }
    void do_xor_keystream(std::uint64_t nonce, ConstBytes in, Bytes out) const override {
      const Scope scope(activity_, Activity::kSeal, in);
      aead_->xor_keystream(nonce, in, out);
    }

    std::unique_ptr<KeyedAead> aead_;
    ActivityRecorder& activity_;
  };

  std::unique_ptr<BulkAead> aead_;
  ActivityRecorder& activity_;
};

}  // namespace mixnn
