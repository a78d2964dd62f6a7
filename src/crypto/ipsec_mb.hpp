#pragma once
#include <memory>

#include "mixnn/crypto/aead.hpp"

namespace mixnn {

// The suite by Intel's ipsec-mb, several times faster than libsodium's where the CPU has the wide
// AES instructions. Null where ipsec_mb_available() says no. The caller tests it against libsodium.
std::unique_ptr<BulkAead> make_ipsec_mb_aead(AeadSuite suite);

}  // namespace mixnn
