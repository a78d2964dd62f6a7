#pragma once
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "mixnn/base/bytes.hpp"

namespace mixnn {

// Reads a file from its beginning, decompressing it where it is gzip's, of one member or several.
// Everything throws UsageError that begins with the file's path. Holds one block of the file at a
// time, whatever its size.
class CompressedFile {
 public:
  explicit CompressedFile(std::filesystem::path file);
  ~CompressedFile();

  // Fills `out`, unless the content ends before; the number of bytes read.
  std::size_t read(Bytes out);

  [[noreturn]] void fail(const std::string& why) const;

 private:
  struct Inflater;
  void refill();
  std::size_t read_plain(Bytes out);
  std::size_t inflate_some(Bytes out);
  void next_member();

  std::filesystem::path file_;
  std::ifstream in_;
  std::vector<std::byte> block_;
  ConstBytes unread_;  // of block_
  std::unique_ptr<Inflater> inflater_;
  bool padded_ = false;  // zeros have come behind gzip's data
};

}  // namespace mixnn
