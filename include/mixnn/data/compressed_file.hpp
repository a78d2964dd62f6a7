#pragma once
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "mixnn/data/byte_source.hpp"

namespace mixnn {

// Reads a file, decompressing it where it is gzip's, of one member or several. Holds one block of
// it at a time, whatever its size; what is taken of a large file that is not compressed is mapped.
class CompressedFile final : public ByteSource {
 public:
  explicit CompressedFile(std::filesystem::path file);
  ~CompressedFile() override;

  std::size_t read(Bytes out) override;
  HeldBytes take(std::size_t count, std::size_t alignment) override;

 private:
  struct Inflater;
  void refill();
  std::size_t read_plain(Bytes out);
  std::size_t inflate_some(Bytes out);
  void next_member();

  std::filesystem::path file_;
  std::ifstream in_;
  std::vector<std::byte> block_;
  ConstBytes unread_;       // of block_
  std::size_t offset_ = 0;  // of what is read next, of a file that is not compressed
  std::unique_ptr<Inflater> inflater_;
  bool padded_ = false;  // zeros have come behind gzip's data
};

}  // namespace mixnn
