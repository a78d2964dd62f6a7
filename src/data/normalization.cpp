#include "mixnn/data/normalization.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "mixnn/base/error.hpp"
#include "mixnn/base/text.hpp"

namespace mixnn {
namespace {

// Where the channels of a row lie: number i is of the channel i / inner % channels.
struct Channels {
  std::size_t count = 1, inner = 1;

  explicit Channels(const Shape& row) {
    if (row.empty()) return;
    count = static_cast<std::size_t>(row.size() == 3 ? row[0] : row.back());
    inner = row.size() == 3 ? static_cast<std::size_t>(row[1] * row[2]) : 1;
  }
  std::size_t of(std::size_t i) const { return i / inner % count; }
};

// Calls `visit(row)` with the scaled numbers of each row.
template <class Visit>
void each_row(const Table& samples, float scale, const Visit& visit) {
  std::vector<std::byte> raw(samples.row_bytes());
  std::vector<float> row(samples.row_bytes() / element_bytes(samples.type()));
  for (std::size_t i = 0; i < samples.rows(); ++i) {
    copy_bytes(samples.rows(i, 1), raw);
    decode_scaled(samples.type(), raw, scale, row);
    visit(row);
  }
}

Table normalized(const Table& samples, const Normalization& by, float scale) {
  const Channels channels(samples.row_shape());
  std::vector<std::byte> bytes;
  bytes.reserve(samples.bytes().size() / element_bytes(samples.type()) * sizeof(float));
  each_row(samples, scale, [&](std::vector<float>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t channel = by.mean.size() == 1 ? 0 : channels.of(i);
      row[i] = (row[i] - by.mean[channel]) / by.deviation[channel];
    }
    const ConstBytes done = bytes_of(std::span(row));
    bytes.insert(bytes.end(), done.begin(), done.end());
  });
  return {ElementType::kFloat32, samples.row_shape(), std::move(bytes)};
}

}  // namespace

Normalization normalization_of(const Table& samples, float scale) {
  const Channels channels(samples.row_shape());
  std::vector<double> sum(channels.count), squares(channels.count);
  double rows = 0, numbers = 0;  // of a channel
  const auto add = [&](std::vector<double>& to, const std::vector<double>* mean) {
    each_row(samples, scale, [&](const std::vector<float>& row) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::size_t channel = channels.of(i);
        const double x = static_cast<double>(row[i]) - (mean ? (*mean)[channel] : 0);
        to[channel] += mean ? x * x : x;
      }
      if (!mean) ++rows;
      numbers = rows * static_cast<double>(row.size() / channels.count);
    });
  };
  add(sum, nullptr);
  for (double& x : sum) x /= numbers;
  add(squares, &sum);
  Normalization result;
  for (std::size_t channel = 0; channel < channels.count; ++channel) {
    const auto deviation = static_cast<float>(std::sqrt(squares[channel] / numbers));
    result.mean.push_back(static_cast<float>(sum[channel]));
    result.deviation.push_back(deviation > 0 ? deviation : 1.0f);
  }
  return result;
}

void normalize(DataPair& data, const Normalization& by, float scale) {
  const Shape& shape = (data.train.count() > 0 ? data.train : data.test).samples.row_shape();
  const std::size_t channels = Channels(shape).count;
  if (by.mean.size() != 1 && by.mean.size() != channels)
    throw UsageError("--normalize has " + std::to_string(by.mean.size()) + " means, but samples " +
                     shape_text(shape) + " have " + counted(channels, "channel"));
  for (DataSet* set : {&data.train, &data.test, &data.validation})
    if (set->count() > 0) set->samples = normalized(set->samples, by, scale);
}

}  // namespace mixnn
