#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "mixnn/tensor/shape.hpp"

namespace mixnn {

// A safetensors file, whoever wrote it (https://github.com/huggingface/safetensors#format): the
// length of a JSON header as a 64-bit number, the header, and the tensors as little-endian numbers
// in any order, without gaps. Everything throws UsageError that names the file and the tensor.
class SafetensorsFile {
 public:
  struct Tensor {
    std::string dtype;                 // "F32", "BF16", "I64", ...
    Shape shape;                       // of a scalar: empty
    std::uint64_t begin = 0, end = 0;  // bytes, from the first tensor on
  };

  // Reads the header, and holds it against the size of the file.
  explicit SafetensorsFile(const std::filesystem::path& file);

  const std::map<std::string, Tensor>& tensors() const { return tensors_; }
  // The values of a tensor that is there, rounded to float32 if they are F64; of F32, BF16 and F16
  // exactly.
  std::vector<float> floats(const std::string& name);

  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::string read_header();
  void add(const std::string& name, const nlohmann::json& described);
  void check_places() const;

  std::filesystem::path file_;
  std::ifstream in_;
  std::uint64_t first_ = 0, bytes_ = 0;  // where the tensors begin, and how many bytes they have
  std::map<std::string, Tensor> tensors_;
};

}  // namespace mixnn
