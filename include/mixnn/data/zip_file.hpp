#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "mixnn/data/byte_source.hpp"

namespace mixnn {

// A zip archive. Everything throws UsageError that begins with its path.
class ZipFile {
 public:
  explicit ZipFile(const std::filesystem::path& file);
  ~ZipFile();

  // One of its files, from its beginning, in small or capital letters; the archive must outlive it.
  std::unique_ptr<ByteSource> open(const std::string& name);
  std::string names_text() const;  // "it holds a, b and 3 more", for messages

 private:
  struct Archive;
  std::unique_ptr<Archive> archive_;
};

}  // namespace mixnn
