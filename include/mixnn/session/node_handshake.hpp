#pragma once
#include <optional>
#include <string>

#include "mixnn/base/clock.hpp"
#include "mixnn/onion/epoch.hpp"
#include "mixnn/session/handshake.hpp"

namespace mixnn {

// A node's side, as a state machine that is polled. It waits for the owner's hello.
class NodeHandshake {
 public:
  explicit NodeHandshake(Transport& transport, NodeIdentity identity = {});

  struct Outcome {
    RunParameters parameters;
    EpochKeys keys;
  };
  // Handles what has come; the outcome once the handshake is complete. Throws RunError where the
  // owner's side makes no sense, or where an owner that was refused does not end the job.
  std::optional<Outcome> poll();

 private:
  void take_hello(const Datagram& datagram);
  void take_answer(const Datagram& datagram);
  std::optional<Outcome> take_start(const Datagram& datagram);
  void refuse(const std::string& why);

  Transport& transport_;
  NodeIdentity identity_;
  Hello hello_;
  std::optional<NoiseHandshake> noise_;
  std::optional<NoiseSession> session_;
  SteadyClock clock_;
  std::string refused_;  // why; empty: it was not
  Nanoseconds refused_at_{0};
};

}  // namespace mixnn
