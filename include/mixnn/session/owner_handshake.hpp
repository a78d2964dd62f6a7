#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mixnn/onion/epoch.hpp"
#include "mixnn/session/handshake.hpp"
#include "mixnn/session/machine_map.hpp"
#include "mixnn/session/options.hpp"

namespace mixnn {

// The owner's side: blocks until every rank has answered, settles the suite, and leaves each rank
// with its keys. Throws RunError that names the rank and the remedy where one does not answer in
// time, is not known, or does not fit.
class OwnerHandshake {
 public:
  // Says hello to every rank.
  OwnerHandshake(Transport& transport, const SessionOptions& options, OwnerIdentity identity = {});

  // All ranks have said what they run; returns the suite for this run.
  AeadSuite meet();
  // Which ranks share a machine, once all have been met: the owner's own by what its transport
  // sees; others by the machines of the roster whose keys they showed, or else by their own word.
  MachineMap machines() const;
  // Sends the parameters; returns the epoch keys by rank (at the owner's own rank: what it shares
  // with itself).
  std::vector<EpochKeys> begin(const RunParameters& parameters);

  // How the owner knows the ranks of other hosts; nothing if there are none.
  const std::optional<Authentication>& elsewhere() const { return elsewhere_; }

 private:
  struct Peer {
    Hello hello;
    std::optional<NoiseSession> session;
    std::optional<Capabilities> capabilities;
    std::string machine;  // that the roster names; empty: it showed no key
  };
  void say_hello(int rank);
  void handle(const Datagram& datagram);
  void answer(int rank, ConstBytes message);
  void admit(int rank, const PublicKey& key);
  void check_credential(int rank) const;
  void check_agreement(int rank, const Capabilities& theirs) const;
  AeadSuite choose_suite() const;

  Transport& transport_;
  SessionOptions options_;
  OwnerIdentity identity_;
  std::array<std::byte, 16> job_;
  Capabilities own_;
  std::vector<Peer> peers_;
  std::map<std::string, std::uint32_t> admitted_;  // ranks by the host that the roster names
  std::optional<Authentication> elsewhere_;
};

}  // namespace mixnn
