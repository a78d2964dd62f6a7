#pragma once
#include <memory>

#include "mixnn/crypto/keyed_aead.hpp"

namespace mixnn {

// By libsodium. The CPU must have what the suite needs.
std::unique_ptr<KeyedAead> make_keyed_sodium(AeadSuite suite, const Key& key);

}  // namespace mixnn
