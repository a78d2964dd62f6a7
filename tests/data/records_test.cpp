#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/array_files.hpp"
#include "data/loading.hpp"
#include "mixnn/data/formats/cifar10.hpp"
#include "mixnn/data/formats/tokens.hpp"

namespace mixnn {
namespace {

using namespace testing_files;
using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string record(char label, char pixel) { return label + std::string(3072, pixel); }

void write_cifar(const fs::path& folder) {
  for (char batch = 1; batch <= 5; ++batch)
    write(folder / ("data_batch_" + std::to_string(batch) + ".bin"),
          record(batch, 'a') + record(0, static_cast<char>('a' + batch)));
  write(folder / "test_batch.bin", record(9, 'z'));
}

TEST(Cifar10Folder, ReadsItsBatchesInOrder) {
  const ScratchFolder folder;
  fs::create_directory(folder.path() / "cifar-10-batches-bin");
  for (const fs::path& place : {folder.path() / "cifar-10-batches-bin", folder.path()}) {
    write_cifar(place);
    const DataPair pair = load_data_folder(folder.path());
    EXPECT_EQ(pair.train.samples.row_shape(), (Shape{3, 32, 32}));
    EXPECT_EQ(numbers_of<char>(pair.train.labels),
              (std::vector<char>{1, 0, 2, 0, 3, 0, 4, 0, 5, 0}));
    EXPECT_EQ(pair.train.samples.rows(9, 1)[3071], std::byte{'f'});
    EXPECT_EQ(pair.test.count(), 1u);
    fs::remove_all(folder.path() / "cifar-10-batches-bin");
  }
}

TEST(Cifar10Folder, RefusesDamagedFilesAndNamesTheRecord) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"", "data_batch_3.bin: holds no samples"},
      {record(1, 'a') + record(2, 'b').substr(0, 100),
       "is truncated: record 1 has 100 bytes of 3073"},
      {record(1, 'a') + record(10, 'b'), "is no CIFAR-10 file: record 1 has the label 10"}};
  for (const auto& [content, error] : table) {
    const ScratchFolder folder;
    write_cifar(folder.path());
    write(folder.path() / "data_batch_3.bin", content);
    EXPECT_THAT(problem_of(folder.path()), AllOf(HasSubstr("data_batch_3.bin"), HasSubstr(error)));
  }
  const ScratchFolder folder;
  write_cifar(folder.path());
  fs::remove(folder.path() / "data_batch_4.bin");
  EXPECT_THAT(problem_of(folder.path()), HasSubstr("has neither data_batch_4.bin nor"));
}

std::string tokens(std::uint16_t count) {
  std::vector<std::uint16_t> all;
  for (std::uint16_t i = 0; i < count; ++i) all.push_back(static_cast<std::uint16_t>(1000 + i));
  return packed(all);
}

std::string with_header(std::uint32_t version, std::uint32_t announced,
                        const std::string& content) {
  std::vector<std::uint32_t> header(256);
  header[0] = 20240520;
  header[1] = version;
  header[2] = announced;
  return packed(header) + content;
}

struct TokenFolder {
  ScratchFolder folder;
  explicit TokenFolder(const std::string& train) {
    write(folder.path() / "train.bin", train);
    write(folder.path() / "val.bin", tokens(9));
  }
  DataPair load() const { return load_data_folder(folder.path(), {.input_shape = {4}}); }
  std::string problem(const Shape& shape = {4}) const {
    return problem_of(folder.path(), {.input_shape = shape});
  }
};

TEST(TokenData, ASampleIsAWindowAndItsLabelsAreTheNextTokens) {
  for (const std::string& train : {tokens(13), with_header(1, 13, tokens(13))}) {
    const DataPair pair = TokenFolder(train).load();
    EXPECT_EQ(pair.train.count(), 3u);
    EXPECT_EQ(pair.test.count(), 2u);
    EXPECT_EQ(pair.train.samples.type(), ElementType::kUint16);
    for (const Table* table : {&pair.train.samples, &pair.train.labels}) {
      EXPECT_EQ(table->row_shape(), Shape{4});
      const std::uint16_t first = table == &pair.train.samples ? 1000 : 1001;
      const auto numbers = numbers_of<std::uint16_t>(*table);
      ASSERT_EQ(numbers.size(), 12u);
      for (std::uint16_t i = 0; i < 12; ++i) EXPECT_EQ(numbers[i], first + i);
    }
  }
  EXPECT_EQ(TokenFolder(tokens(12)).load().train.count(), 2u);
}

TEST(TokenData, MapsALargeFile) {
  std::vector<std::uint16_t> many(700'000);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<std::uint16_t>(i % 60'000);
  const TokenFolder data(with_header(1, 700'000, packed(many)));
  const DataPair pair = data.load();
  EXPECT_EQ(pair.train.count(), 174'999u);
  std::ifstream maps("/proc/self/maps");
  const std::string all{std::istreambuf_iterator<char>(maps), {}};
  EXPECT_THAT(all, HasSubstr("train.bin"));
  EXPECT_EQ(numbers_of<std::uint16_t>(pair.train.labels)[500'000], 500'001 % 60'000);
}

TEST(TokenData, RefusesFilesThatHoldNoTokensOfTwoBytes) {
  EXPECT_THAT(TokenFolder(tokens(13) + "x").problem(),
              HasSubstr("train.bin: has 27 bytes; tokens are of 2 bytes each"));
  EXPECT_THAT(TokenFolder(tokens(4)).problem(),
              HasSubstr("train.bin: has 4 tokens, too few for one sample of 4"));
  EXPECT_THAT(TokenFolder("").problem(), HasSubstr("train.bin: has 0 tokens"));
  EXPECT_THAT(TokenFolder(with_header(7, 13, tokens(13))).problem(),
              HasSubstr("has llm.c's header of version 7; only version 1"));
  EXPECT_THAT(TokenFolder(with_header(1, 14, tokens(13))).problem(),
              HasSubstr("announces 14 tokens of 2 bytes, but has 26 bytes"));
  EXPECT_THAT(TokenFolder(tokens(13)).problem({1, 28, 28}),
              HasSubstr("holds tokens, for a MODEL whose input is [T], a number of tokens, but its "
                        "input is [1, 28, 28]"));
  EXPECT_THAT(TokenFolder(tokens(13)).problem({}), HasSubstr("holds tokens, for a MODEL"));
}

}  // namespace
}  // namespace mixnn
