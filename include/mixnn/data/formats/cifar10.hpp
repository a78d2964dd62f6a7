#pragma once
#include <filesystem>

#include "mixnn/data/formats/format.hpp"

namespace mixnn {

// The binary version of CIFAR-10 (https://www.cs.toronto.edu/~kriz/cifar.html), in the folder or in
// the one that its archive unpacks there: records of a byte of label and 3 x 32 x 32 bytes of
// image.
bool cifar10_is_in(const std::filesystem::path& folder);
DataPair load_cifar10(const std::filesystem::path& folder, const DataRequest& request);
inline constexpr DataFormat kCifar10Format{
    "cifar10", "data_batch_1.bin to data_batch_5.bin and test_batch.bin", cifar10_is_in,
    load_cifar10};

}  // namespace mixnn
