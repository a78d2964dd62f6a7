#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace mixnn {

// A file that has this name in a folder, plain or .gz; or else one with a name by which the same
// file is commonly known: `train-images-idx3-ubyte` is also train-images.idx3-ubyte,
// Train_Images.idx3 and train-images, and in a folder of its own name as some archives unpack it;
// t10k is also test. Folders in the place of a file are no file, unless there is nothing else.
std::optional<std::filesystem::path> find_data_file(const std::filesystem::path& folder,
                                                    const std::string& name);

// "; it holds a, b and 3 more", for messages.
std::string holds_text(const std::filesystem::path& folder);

}  // namespace mixnn
