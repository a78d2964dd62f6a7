#pragma once
#include <filesystem>

#include "mixnn/data/formats/format.hpp"

namespace mixnn {

// NumPy's arrays: x_train.npy, y_train.npy, x_test.npy and y_test.npy, plain or .gz; or train.npz
// and test.npz, each with x and y; or one archive alone in the folder with x_train, y_train, x_test
// and y_test.
bool npy_is_in(const std::filesystem::path& folder);
DataPair load_npy(const std::filesystem::path& folder, const DataRequest& request);
inline constexpr DataFormat kNpyFormat{
    "npy",
    "x_train.npy, y_train.npy, x_test.npy and y_test.npy, or train.npz and test.npz, or one "
    ".npz",
    npy_is_in, load_npy};

}  // namespace mixnn
