#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "mixnn/crypto/hash.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// One thing that the user sets and that decides the bits of a training, as text.
struct Setting {
  std::string name;   // "--batch-size"
  std::string value;  // in the form in which the program reads it
  // What follows says how a given setting is held against a checkpoint's; it is not saved.
  bool open = false;      // the user left it open: the checkpoint's value is taken, whatever it is
  std::string hint = {};  // ends the message that the values differ
};

// All that decides the bits of a training: one goes on from a checkpoint only if it is the same.
// Ranks, hops, relays, schedule, cells and ciphers are not among it.
struct RunIdentity {
  Digest model{};  // layers, stages, input
  Digest data{};   // samples and labels, of training and testing
  std::uint64_t train_samples = 0, test_samples = 0;
  std::string blas;               // version and kernels
  std::vector<Setting> settings;  // options; what MODEL sets besides layers has its place here, too
};
Digest identity_of(const ModelSpec& model);  // of the model alone
RunIdentity identity_of(const ModelSpec& model, const DataPair& data,
                        std::vector<Setting> settings);

// What keeps a training of `given` from going on where one of `saved` is, naming the option and
// both values; empty if nothing does.
std::string difference(const RunIdentity& saved, const RunIdentity& given);

// The setting of that name, or null.
const Setting* find_setting(const std::vector<Setting>& settings, const std::string& name);

void write(const RunIdentity& identity, ByteWriter& writer);
RunIdentity read_run_identity(ByteReader& reader);

}  // namespace mixnn
