#pragma once
#include <cstddef>
#include <vector>

#include "mixnn/base/buffer.hpp"
#include "mixnn/data/dataset.hpp"
#include "mixnn/layers/model_spec.hpp"

namespace mixnn {

// What kernels are timed with: random, for zeros could be faster, and the same every time.
std::vector<std::byte> random_bytes(std::size_t count);
AlignedBuffer random_input(const StageSpec& spec, std::size_t rows);
DataPair random_data(const ModelSpec& model, std::size_t count);  // for training

// Rows to be timed in place of a whole batch: so many that there are at most `products`
// multiplications, of which one row has `products_of_row`; but 16 where the batch has as many.
std::size_t rows_for(double products_of_row, double products, std::size_t batch);

}  // namespace mixnn
