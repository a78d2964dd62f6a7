#pragma once
#include <filesystem>

#include "mixnn/data/formats/format.hpp"

namespace mixnn {

// Token files as nanoGPT and llm.c write them: train.bin and val.bin, numbers of 16 bits,
// little-endian, one token after the other; llm.c's begin with a header of 1024 bytes. With a MODEL
// whose input is [T] a sample is T tokens, the next sample the next T; its label is the T tokens
// that follow each of them, [T] too.
bool tokens_are_in(const std::filesystem::path& folder);
DataPair load_tokens(const std::filesystem::path& folder, const DataRequest& request);
inline constexpr DataFormat kTokenFormat{"tokens", "train.bin and val.bin", tokens_are_in,
                                         load_tokens};

}  // namespace mixnn
