#include "mixnn/data/formats/cifar10.hpp"

#include <array>
#include <string>
#include <vector>

#include "mixnn/base/text.hpp"
#include "mixnn/data/compressed_file.hpp"
#include "mixnn/data/file_names.hpp"

namespace mixnn {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kImageBytes = 3 * 32 * 32, kClasses = 10;
constexpr std::size_t kBatches = 5;

std::string batch_name(std::size_t batch) { return "data_batch_" + std::to_string(batch) + ".bin"; }

fs::path folder_of(const fs::path& folder) {
  const fs::path unpacked = folder / "cifar-10-batches-bin";
  std::error_code error;
  return fs::is_directory(unpacked, error) ? unpacked : folder;
}

struct Records {
  std::vector<std::byte> images, labels;

  void read(const fs::path& file) {
    CompressedFile in(file);
    std::array<std::byte, 1 + kImageBytes> record;
    for (std::size_t number = 0;; ++number) {
      const std::size_t got = in.read(record);
      if (got == 0 && number == 0) in.fail("holds no samples");
      if (got == 0) return;
      if (got < record.size())
        in.fail("is truncated: record " + std::to_string(number) + " has " + counted(got, "byte") +
                " of " + std::to_string(record.size()));
      if (std::to_integer<std::size_t>(record[0]) >= kClasses)
        in.fail("is no CIFAR-10 file: record " + std::to_string(number) + " has the label " +
                std::to_string(std::to_integer<unsigned>(record[0])) + ", not 0 to 9");
      labels.push_back(record[0]);
      images.insert(images.end(), record.begin() + 1, record.end());
    }
  }
  DataSet set() && {
    return {Table(ElementType::kUint8, {3, 32, 32}, std::move(images)),
            Table(ElementType::kUint8, {}, std::move(labels))};
  }
};

}  // namespace

bool cifar10_is_in(const fs::path& folder) {
  const fs::path place = folder_of(folder);
  return find_data_file(place, batch_name(1)) || find_data_file(place, "test_batch.bin");
}

DataPair load_cifar10(const fs::path& folder, const DataRequest&) {
  const fs::path place = folder_of(folder);
  Records train, test;
  for (std::size_t batch = 1; batch <= kBatches; ++batch)
    train.read(needed_file(place, batch_name(batch)));
  test.read(needed_file(place, "test_batch.bin"));
  return {{}, std::move(train).set(), std::move(test).set()};
}

}  // namespace mixnn
