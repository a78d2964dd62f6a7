#include "mixnn/train/run_identity.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "mixnn/layers/model_json.hpp"
#include "mixnn/tensor/gemm.hpp"

namespace mixnn {
namespace {

Digest hash_of(const ModelSpec& model) {
  Sha256 hash;
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    const std::string text = stage_spec_to_json(model.stage(i, 1)) + "\n";
    hash.update(bytes_of(text));
  }
  return hash.finish();
}

// Types count only if they are not bytes, and the shape of samples is the model's, too.
void add(Sha256& hash, const DataSet& data) {
  const std::uint64_t count = data.count(), bytes = data.samples.row_bytes();
  hash.update(bytes_of(std::span(&count, 1)));
  hash.update(bytes_of(std::span(&bytes, 1)));
  for (const Table* table : {&data.samples, &data.labels}) {
    hash.update(table->bytes());
    if (table->type() != ElementType::kUint8) hash.update(bytes_of(to_string(table->type())));
  }
}

std::string shown(std::uint64_t value) { return std::to_string(value); }
std::string shown(float value) {
  std::array<char, 32> digits;
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}
std::string shown(LrDecay value) { return value == LrDecay::kNone ? "none" : "linear"; }
std::string shown(ElementType value) { return to_string(value); }

template <class T>
std::string differs(const char* option, T saved, T given) {
  if (saved == given) return {};
  return std::string(option) + " is " + shown(given) + ", but the checkpoint was made with " +
         shown(saved);
}

std::string optimizer_differs(const std::string& saved, const std::string& given) {
  const auto named = [](const std::string& json) { return json.empty() ? "sgd" : json; };
  if (saved == given) return {};
  return "the optimizer is " + named(given) + ", but the checkpoint was made with " + named(saved);
}

std::string epochs_differ(const TrainingOptions& saved, const TrainingOptions& given) {
  if (given.lr_decay == LrDecay::kNone) return {};
  std::string text = differs<std::uint64_t>("--epochs", saved.epochs, given.epochs);
  return text.empty()
             ? text
             : text + " (the learning rate falls over all epochs; --lr-decay none would not mind)";
}

}  // namespace

RunIdentity identity_of(const ModelSpec& model, const DataPair& data,
                        const TrainingOptions& training) {
  RunIdentity identity;
  identity.model = hash_of(model);
  Sha256 hash;
  add(hash, data.train);
  add(hash, data.test);
  identity.data = hash.finish();
  identity.train_samples = data.train.count();
  identity.test_samples = data.test.count();
  identity.blas = blas_version() + ", " + blas_core();
  identity.training = training;
  const Optimizer optimizer = training.optimizer_for(model);
  if (const auto* const sgd = std::get_if<Sgd>(&optimizer)) {
    identity.training.momentum = sgd->momentum;
    identity.training.weight_decay = sgd->weight_decay;
  } else {
    identity.optimizer = optimizer_to_json(optimizer).dump();
  }
  return identity;
}

std::string difference(const RunIdentity& saved, const RunIdentity& given, LeftOpen open) {
  if (saved.model != given.model) return "MODEL is another one than the checkpoint's";
  const TrainingOptions &was = saved.training, &is = given.training;
  for (const std::string& text :
       {optimizer_differs(saved.optimizer, given.optimizer),
        differs<std::uint64_t>("--batch-size", was.batch_size, is.batch_size),
        open.micro_batches
            ? std::string()
            : differs<std::uint64_t>("--micro-batches", was.micro_batches, is.micro_batches),
        differs("--lr", was.learning_rate, is.learning_rate),
        differs("--lr-decay", was.lr_decay, is.lr_decay),
        differs("--momentum", was.momentum, is.momentum),
        differs("--weight-decay", was.weight_decay, is.weight_decay),
        differs("--wire-dtype", was.wire, is.wire), epochs_differ(was, is),
        open.seed ? std::string() : differs("--seed", was.seed, is.seed),
        differs("the number of training samples (--data, --limit-train)", saved.train_samples,
                given.train_samples),
        differs("the number of test samples (--data, --limit-test)", saved.test_samples,
                given.test_samples)})
    if (!text.empty()) return text;
  if (saved.data != given.data) return "--data is another data set than the checkpoint's";
  if (saved.blas != given.blas)
    return "this machine computes with " + given.blas +
           " kernels, but the checkpoint was made with " + saved.blas +
           " kernels, which give other bits; set OPENBLAS_CORETYPE on all ranks";
  return {};
}

void write(const RunIdentity& identity, ByteWriter& writer) {
  writer.put_bytes(identity.model);
  writer.put_bytes(identity.data);
  writer.put(identity.train_samples);
  writer.put(identity.test_samples);
  writer.put_string(identity.blas);
  const TrainingOptions& t = identity.training;
  for (const std::uint64_t n :
       {std::uint64_t{t.epochs}, std::uint64_t{t.batch_size}, std::uint64_t{t.micro_batches}})
    writer.put(n);
  writer.put(t.learning_rate);
  writer.put(static_cast<std::uint8_t>(t.lr_decay == LrDecay::kLinear ? 1 : 0));
  writer.put(t.momentum);
  writer.put(t.weight_decay);
  writer.put(t.wire);
  writer.put(t.seed);
  writer.put_string(identity.optimizer);
}

RunIdentity read_run_identity(ByteReader& reader) {
  RunIdentity identity;
  copy_bytes(reader.get_bytes(identity.model.size()), identity.model);
  copy_bytes(reader.get_bytes(identity.data.size()), identity.data);
  identity.train_samples = reader.get<std::uint64_t>();
  identity.test_samples = reader.get<std::uint64_t>();
  identity.blas = reader.get_string();
  TrainingOptions& t = identity.training;
  t.epochs = reader.get<std::uint64_t>();
  t.batch_size = reader.get<std::uint64_t>();
  t.micro_batches = reader.get<std::uint64_t>();
  t.learning_rate = reader.get<float>();
  t.lr_decay = reader.get<std::uint8_t>() == 1 ? LrDecay::kLinear : LrDecay::kNone;
  t.momentum = reader.get<float>();
  t.weight_decay = reader.get<float>();
  t.wire = reader.get<ElementType>();
  t.seed = reader.get<std::uint64_t>();
  identity.optimizer = reader.get_string();
  return identity;
}

}  // namespace mixnn
