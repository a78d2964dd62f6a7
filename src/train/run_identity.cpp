#include "mixnn/train/run_identity.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "mixnn/layers/model_json.hpp"
#include "mixnn/tensor/gemm.hpp"
#include "mixnn/tensor/kernels.hpp"

namespace mixnn {
namespace {

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

// Of the settings; empty if there is no difference. The values that both have come first: a setting
// is often missing because of another one.
std::string settings_differ(const std::vector<Setting>& saved, const std::vector<Setting>& given) {
  std::string missing;
  for (const Setting& is : given) {
    if (is.open) continue;
    const Setting* const was = find_setting(saved, is.name);
    const std::string text = is.name + " is " + is.value + ", but the checkpoint was made with";
    if (was == nullptr && missing.empty()) missing = text + "out it";
    if (was != nullptr && was->value != is.value)
      return text + " " + was->value + (is.hint.empty() ? "" : " " + is.hint);
  }
  for (const Setting& was : saved)
    if (missing.empty() && find_setting(given, was.name) == nullptr)
      missing = "the checkpoint was made with " + was.name + " " + was.value;
  return missing;
}

std::vector<Setting> alone(const std::vector<Setting>& settings, const char* name) {
  const Setting* const one = find_setting(settings, name);
  return one == nullptr ? std::vector<Setting>{} : std::vector{*one};
}

// It decides how MODEL takes its input, and so MODEL differs with it.
std::string normalization_differs(const RunIdentity& saved, const RunIdentity& given) {
  constexpr const char* kName = "--normalize";
  return settings_differ(alone(saved.settings, kName), alone(given.settings, kName));
}

std::string counts_differ(const char* what, std::uint64_t saved, std::uint64_t given) {
  if (saved == given) return {};
  return std::string(what) + " is " + std::to_string(given) +
         ", but the checkpoint was made with " + std::to_string(saved);
}

}  // namespace

Digest identity_of(const ModelSpec& model) {
  Sha256 hash;
  for (std::size_t i = 0; i < model.stages.size(); ++i) {
    const std::string text = stage_spec_to_json(model.stage(i, 1)) + "\n";
    hash.update(bytes_of(text));
  }
  if (model.tied) hash.update(bytes_of(std::string_view("tied")));
  if (model.loss != Loss{}) hash.update(bytes_of(loss_to_json(model.loss).dump()));
  return hash.finish();
}

RunIdentity identity_of(const ModelSpec& model, const DataPair& data,
                        std::vector<Setting> settings) {
  RunIdentity identity;
  identity.model = identity_of(model);
  Sha256 hash;
  add(hash, data.train);
  add(hash, data.test);
  identity.data = hash.finish();
  identity.train_samples = data.train.count();
  identity.test_samples = data.test.count();
  identity.blas = kernel_versions() + ", " + blas_core();
  identity.settings = std::move(settings);
  return identity;
}

const Setting* find_setting(const std::vector<Setting>& settings, const std::string& name) {
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

std::string difference(const RunIdentity& saved, const RunIdentity& given) {
  if (const std::string text = normalization_differs(saved, given); !text.empty()) return text;
  if (saved.model != given.model)
    return "MODEL is another one than the checkpoint's, or cut into other stages";
  for (const std::string& text :
       {settings_differ(saved.settings, given.settings),
        counts_differ("the number of training samples (--data, --limit-train)", saved.train_samples,
                      given.train_samples),
        counts_differ("the number of test samples (--data, --limit-test)", saved.test_samples,
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
  writer.put(static_cast<std::uint32_t>(identity.settings.size()));
  for (const Setting& setting : identity.settings) {
    writer.put_string(setting.name);
    writer.put_string(setting.value);
  }
}

RunIdentity read_run_identity(ByteReader& reader) {
  RunIdentity identity;
  copy_bytes(reader.get_bytes(identity.model.size()), identity.model);
  copy_bytes(reader.get_bytes(identity.data.size()), identity.data);
  identity.train_samples = reader.get<std::uint64_t>();
  identity.test_samples = reader.get<std::uint64_t>();
  identity.blas = reader.get_string();
  const auto settings = reader.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < settings && reader.ok(); ++i) {
    Setting& setting = identity.settings.emplace_back();
    setting.name = reader.get_string();
    setting.value = reader.get_string();
  }
  return identity;
}

}  // namespace mixnn
