#pragma once
#include <cstdint>
#include <string>

#include "mixnn/crypto/hash.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"
#include "mixnn/train/options.hpp"

namespace mixnn {

// All that decides the bits of a training: a checkpoint is gone on from only where it is the same.
// Ranks, hops, relays, schedule, cells and ciphers are not among it.
struct RunIdentity {
  Digest model{};  // layers, stages, input
  Digest data{};   // samples and labels, of training and testing
  std::uint64_t train_samples = 0, test_samples = 0;
  std::string blas;          // version and kernels
  TrainingOptions training;  // its momentum and weight decay are the optimizer's, if that is SGD
  std::string optimizer;     // another one's JSON; empty: SGD
};
RunIdentity identity_of(const ModelSpec& model, const DataPair& data,
                        const TrainingOptions& training);

// What the user left open, and the checkpoint fills in. Both decide the trained bits.
struct LeftOpen {
  bool seed = false, micro_batches = false;
};

// What keeps a training of `given` from going on where one of `saved` is, naming the option and
// both values; empty where nothing does. Without decay of the learning rate the epochs may differ.
std::string difference(const RunIdentity& saved, const RunIdentity& given, LeftOpen open = {});

void write(const RunIdentity& identity, ByteWriter& writer);
RunIdentity read_run_identity(ByteReader& reader);

}  // namespace mixnn
