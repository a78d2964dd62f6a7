#include "mixnn/session/handshake.hpp"

#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/kernels.hpp"

namespace mixnn {

void send_datagram(Transport& transport, int to, DatagramKind kind, ConstBytes body) {
  std::vector<std::byte> datagram{static_cast<std::byte>(kind)};
  datagram.insert(datagram.end(), body.begin(), body.end());
  transport.send_datagram(to, datagram);
}

std::optional<ConstBytes> datagram_body(const Datagram& datagram, DatagramKind kind) {
  const ConstBytes all = datagram.bytes;
  if (all.empty() || all.front() != static_cast<std::byte>(kind)) return std::nullopt;
  return all.subspan(1);
}

Capabilities local_capabilities() {
  Capabilities c;
  c.aes256gcm = aes256gcm_available();
  c.blas_version = kernel_versions();
  c.blas_core = blas_core();
  return c;
}

NoiseHandshake begin_noise(NoiseSide side, const Hello& hello, int rank, int ranks,
                           NoiseKeys keys) {
  const bool known = hello.authentication == Authentication::kKeys;
  std::vector<std::byte> prologue;
  ByteWriter writer(prologue);
  writer.put_bytes(bytes_of("MixNN handshake 2"));
  writer.put_bytes(encode(hello));
  writer.put(static_cast<std::uint32_t>(rank));
  writer.put(static_cast<std::uint32_t>(ranks));
  return {noise_pattern(known ? "IKpsk2" : "NN"), side, prologue, std::move(keys)};
}

std::vector<std::byte> credential_statement(NoiseSide sender, const Digest& handshake_hash) {
  std::vector<std::byte> statement;
  ByteWriter writer(statement);
  writer.put_bytes(bytes_of(sender == NoiseSide::kInitiator ? "MixNN node" : "MixNN owner"));
  writer.put_bytes(handshake_hash);
  return statement;
}

}  // namespace mixnn
