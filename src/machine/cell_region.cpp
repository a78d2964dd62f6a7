#include "mixnn/machine/cell_region.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <string>

#include "mixnn/base/buffer.hpp"
#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kPage = 4096;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

CellRegion::CellRegion(int descriptor, std::size_t cell_bytes, std::size_t capacity)
    : cell_bytes_(cell_bytes),
      stride_(round_up(cell_bytes, AlignedBuffer::kAlignment)),
      capacity_(capacity),
      cells_at_(round_up(capacity * sizeof(CellLink), kPage)) {
  void* at =
      ::mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, descriptor, 0);
  if (at == MAP_FAILED)
    throw RunError(std::to_string(bytes() >> 20) +
                   " MiB of memory for cells cannot be mapped: " + system_reason(errno));
  base_ = static_cast<std::byte*>(at);
}

CellRegion::~CellRegion() { ::munmap(base_, bytes()); }

std::size_t CellRegion::bytes_for(std::size_t cell_bytes, std::size_t capacity) {
  return round_up(capacity * sizeof(CellLink), kPage) +
         capacity * round_up(cell_bytes, AlignedBuffer::kAlignment);
}

}  // namespace mixnn
