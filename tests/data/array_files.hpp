#pragma once
#include <zip.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "data/idx_files.hpp"

namespace mixnn::testing_files {

// The bytes of numbers, as they lie here.
template <class T>
std::string packed(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

// An NPY file with this text of a header and these values.
inline std::string npy_with(const std::string& header, const std::string& values, int version = 1) {
  std::string text = header;
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  for (std::size_t i = 0; i + 8 < before; ++i) out += static_cast<char>(text.size() >> (8 * i));
  return out + text + values;
}

inline std::string npy(const std::string& type, const std::string& shape, const std::string& values,
                       int version = 1) {
  return npy_with("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }",
                  values, version);
}

// A zip archive with these files.
inline void write_zip(const std::filesystem::path& file,
                      const std::vector<std::pair<std::string, std::string>>& members) {
  int error = 0;
  zip_t* const zip = zip_open(file.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  for (const auto& [name, content] : members)
    zip_file_add(zip, name.c_str(), zip_source_buffer(zip, content.data(), content.size(), 0), 0);
  zip_close(zip);
}

}  // namespace mixnn::testing_files
