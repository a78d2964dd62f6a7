#pragma once
#include <zlib.h>

#include <unistd.h>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace mixnn::testing_files {

// A folder of its own for one test, gone with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    static std::atomic<int> made = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("mixnn_test_" + std::to_string(::getpid()) + "_" + std::to_string(made++));
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string idx(std::uint32_t magic, const std::vector<std::uint32_t>& extents,
                       const std::string& values) {
  std::string out;
  const auto put = [&](std::uint32_t x) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(x >> shift);
  };
  put(magic);
  for (const std::uint32_t extent : extents) put(extent);
  return out + values;
}

inline std::string images(std::uint32_t count, std::uint32_t height, std::uint32_t width) {
  std::string values;
  for (std::uint32_t i = 0; i < count * height * width; ++i) values += static_cast<char>(i % 251);
  return idx(0x803, {count, height, width}, values);
}

inline std::string labels(std::uint32_t count) {
  std::string values;
  for (std::uint32_t i = 0; i < count; ++i) values += static_cast<char>(i % 10);
  return idx(0x801, {count}, values);
}

inline std::string gzipped(const std::string& content) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, content.size()) + 64, '\0');
  std::string in = content;
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

inline void write(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::binary) << content;
}

// A good data set of 20 and 12 images of 3 x 5.
inline void write_good_set(const std::filesystem::path& folder) {
  write(folder / "train-images-idx3-ubyte", images(20, 3, 5));
  write(folder / "train-labels-idx1-ubyte", labels(20));
  write(folder / "t10k-images-idx3-ubyte.gz", gzipped(images(12, 3, 5)));
  write(folder / "t10k-labels-idx1-ubyte.gz", gzipped(labels(12)));
}

}  // namespace mixnn::testing_files
