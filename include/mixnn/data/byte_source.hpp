#pragma once
#include <cstddef>
#include <string>

#include "mixnn/base/held_bytes.hpp"

namespace mixnn {

// What a reader of a format reads: a file's bytes from the beginning to the end, wherever they come
// from. Everything throws UsageError that begins with the source's name.
class ByteSource {
 public:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  // Fills `out`, unless the content ends before; the number of bytes read.
  virtual std::size_t read(Bytes out) = 0;
  // The next bytes, or as many as there are; aligned for numbers of `alignment` bytes. Takes memory
  // as they arrive, never because a header asks for it.
  virtual HeldBytes take(std::size_t count, std::size_t alignment);
  HeldBytes take_all(std::size_t alignment);  // what is left
  bool at_end();                              // nothing is left; otherwise a byte has been read

  const std::string& name() const { return name_; }  // the path, and the place in an archive
  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::string name_;
};

}  // namespace mixnn
