#include "mixnn/base/held_bytes.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "mixnn/base/file_calls.hpp"

namespace mixnn {

HeldBytes HeldBytes::of(std::vector<std::byte> bytes) {
  const auto holder = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return {*holder, holder};
}

HeldBytes map_file(const std::filesystem::path& file) {
  const int descriptor =
      uninterrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (descriptor < 0) return {};
  HeldBytes held;
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const place = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (place != MAP_FAILED)
      held = {{static_cast<const std::byte*>(place), size},
              std::shared_ptr<const void>(place, [size](const void* mapped) {
                ::munmap(const_cast<void*>(mapped), size);
              })};
  }
  close_file(descriptor);
  return held;
}

}  // namespace mixnn
