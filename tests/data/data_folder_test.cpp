#include "mixnn/data/data_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/idx_files.hpp"
#include "data/loading.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/data/formats/idx.hpp"

namespace mixnn {
namespace {

using namespace testing_files;
using testing::AllOf;
using testing::HasSubstr;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

std::string load_error(const std::filesystem::path& folder) {
  return error_of([&] { load_data_folder(folder); });
}

TEST(IdxFolder, ReadsPlainAndGzipAlike) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  const DataPair pair = load_data_folder(folder.path() / "");
  EXPECT_EQ(pair.name, folder.path().filename().string());
  EXPECT_EQ(pair.train.samples.row_shape(), (Shape{1, 3, 5}));
  EXPECT_EQ(pair.train.count(), 20u);
  EXPECT_EQ(pair.test.count(), 12u);
  EXPECT_EQ(pair.train.samples.row_bytes(), 15u);
  for (std::size_t i = 0; i < 12 * 15; ++i)
    EXPECT_EQ(std::to_integer<std::size_t>(pair.test.samples.bytes()[i]), i % 251);
  EXPECT_EQ(pair.test.labels.row_shape(), Shape{});
  EXPECT_EQ(pair.test.labels.bytes()[11], std::byte{1});
}

TEST(IdxFolder, ReadsTheShippedDigits) {
  const DataPair digits = load_data_folder(std::string(MIXNN_SOURCE_DIR) + "/tests/data/digits");
  EXPECT_EQ(digits.name, "digits");
  EXPECT_EQ(digits.train.count(), 1437u);
  EXPECT_EQ(digits.test.count(), 360u);
  EXPECT_EQ(digits.train.samples.row_shape(), (Shape{1, 8, 8}));
  EXPECT_EQ(*std::ranges::max_element(digits.train.samples.bytes()), std::byte{16});
  for (unsigned char label = 0; label < 10; ++label)
    EXPECT_GE(std::ranges::count(digits.test.labels.bytes(), std::byte{label}), 30);
}

TEST(IdxFolder, SaysWhichFilesAreMissingAndWhatToInstall) {
  const ScratchFolder folder;
  EXPECT_THAT(load_error(folder.path() / "none"),
              AllOf(HasSubstr("none: no such folder"), HasSubstr("dataset-fashion-mnist"),
                    HasSubstr("--data DIR")));
  write(folder.path() / "file", "x");
  EXPECT_THAT(load_error(folder.path() / "file"), HasSubstr("file: is no folder"));
  write_good_set(folder.path());
  std::filesystem::remove(folder.path() / "t10k-labels-idx1-ubyte.gz");
  EXPECT_THAT(load_error(folder.path()),
              AllOf(HasSubstr("has neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz"),
                    HasSubstr("dataset-fashion-mnist"), HasSubstr("tests/data/digits")));
}

struct BadFile {
  std::string name, content, error;
};

TEST(IdxFolder, RefusesDamagedFilesAndNamesThem) {
  const std::string good = images(20, 3, 5), packed = gzipped(good);
  std::string broken = packed;
  broken[packed.size() / 2] = static_cast<char>(broken[packed.size() / 2] ^ 0x55);
  const std::string x = "train-images-idx3-ubyte", y = "train-labels-idx1-ubyte";
  const std::vector<BadFile> table = {
      {x, "", "is truncated within its header"},
      {x, good.substr(0, 9), "is truncated within its header"},
      {x, good.substr(0, good.size() - 1), "is truncated: 299 of 300 values"},
      {x, good + "x", "has bytes behind its 300 values"},
      {x, packed.substr(0, packed.size() - 5), "is truncated: its compressed data ends too early"},
      {x, packed.substr(0, 2), "is truncated: its compressed data ends too early"},
      {x, packed + "junk", "has bytes behind the end of its compressed data"},
      {x, gzipped(good + "x"), "has bytes behind its 300 values"},
      {x, gzipped(good.substr(0, 100)), "is truncated: 84 of 300 values"},
      {x, broken, "is damaged: not valid gzip data"},
      {x, "<html>404 not found</html>", "is no IDX file: its magic number is"},
      {x, idx(0xa03, {20, 3, 5}, std::string(1200, 'x')), "is no IDX file: its magic number is"},
      {x, labels(20), "has 1 dimension instead of 2 to 4"},
      {y, good, "has 3 dimensions instead of 1 to 2"},
      {x, idx(0x803, {0, 3, 5}, ""), "holds no samples"},
      {x, idx(0x803, {20, 0, 5}, ""), "holds samples without a size"},
      {x, idx(0x803, {0xffffffff, 3, 5}, "xx"),
       "claims an impossible size: extent 0 is 4294967295"},
      {x, idx(0x803, {100000000, 65536, 65536}, "xx"), "claims an impossible size"},
      {x, idx(0xd03, {20, 3, 5}, std::string(600, 'x')), "is truncated: 150 of 300 values"},
      {x, idx(0x803, {1000000, 80, 80}, "xx"), "is truncated: 2 of 6400000000 values"},
      {x, images(19, 3, 5),
       "train-labels-idx1-ubyte: has 20 labels, but train-images-idx3-ubyte has 19 samples"},
      {x, images(20, 5, 3), "training samples are [1, 5, 3], but test samples [1, 3, 5]"},
  };
  for (const BadFile& bad : table) {
    SCOPED_TRACE(bad.error);
    const ScratchFolder folder;
    write_good_set(folder.path());
    write(folder.path() / bad.name, bad.content);
    EXPECT_THAT(load_error(folder.path()),
                AllOf(HasSubstr(folder.path().string()), HasSubstr(bad.error)));
  }
}

std::string be(const std::vector<std::uint32_t>& words) { return idx(0, words, "").substr(4); }

TEST(IdxFolder, ReadsAllTypesAndTwoToFourDimensions) {
  const ScratchFolder folder;
  write(folder.path() / "train-images-idx4-ubyte", idx(0x804, {2, 3, 1, 2}, "abcdefABCDEF"));
  write(folder.path() / "train-labels-idx1-int", idx(0xc01, {2}, be({300, 7})));
  write(folder.path() / "t10k-images-idx4-byte", idx(0x904, {1, 3, 1, 2}, "abcdef"));
  write(folder.path() / "t10k-labels-idx1-short", idx(0xb01, {1}, std::string("\1\1", 2)));
  const DataPair pair = load_data_folder(folder.path());
  EXPECT_EQ(pair.train.samples.row_shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(pair.train.samples.type(), ElementType::kUint16);
  EXPECT_EQ(numbers_of<std::uint16_t>(pair.train.samples)[6], 'A');
  EXPECT_EQ(numbers_of<std::uint16_t>(pair.train.labels), (std::vector<std::uint16_t>{300, 7}));
  EXPECT_EQ(numbers_of<std::uint16_t>(pair.test.labels), (std::vector<std::uint16_t>{257}));
  const ScratchFolder table;
  for (const char* const part : {"train", "t10k"}) {
    write(table.path() / (part + std::string("-images-idx2-float")),
          idx(0xd02, {1, 2}, be({0x3fc00000, 0xbf800000})));
    write(table.path() / (part + std::string("-labels-idx1-double")),
          idx(0xe01, {1}, be({0x40080000, 0})));
  }
  const DataPair floats = load_data_folder(table.path(), {.labels_classes = false});
  EXPECT_EQ(numbers_of<float>(floats.train.samples), (std::vector<float>{1.5f, -1}));
  EXPECT_EQ(numbers_of<float>(floats.train.labels), std::vector<float>{3});
}

TEST(IdxFolder, RefusesAFolderInPlaceOfAFile) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  std::filesystem::remove(folder.path() / "train-images-idx3-ubyte");
  std::filesystem::create_directory(folder.path() / "train-images-idx3-ubyte");
  EXPECT_THAT(load_error(folder.path()), HasSubstr("train-images-idx3-ubyte: is a folder"));
}

// What bgzip, pigz and `cat a.gz b.gz` write.
TEST(IdxFolder, ReadsGzipFilesOfSeveralMembers) {
  const std::string good = images(20, 3, 5);
  std::string of_bytes;  // so that members end and begin anywhere in a block
  for (const char byte : good) of_bytes += gzipped(std::string(1, byte));
  const std::string two = gzipped(good.substr(0, 9)) + gzipped(good.substr(9));
  for (const std::string& packed :
       {two, two + gzipped(""), gzipped("") + two, of_bytes, two + std::string(600'000, '\0'),
        gzipped(good) + std::string(3, '\0')}) {
    const ScratchFolder folder;
    write(folder.path() / "f", packed);
    EXPECT_EQ(read_idx(folder.path() / "f", 3, 3).count(), 300u);
  }
  const ScratchFolder folder;
  const auto error = [&](const std::string& packed) {
    write(folder.path() / "f", packed);
    return error_of([&] { read_idx(folder.path() / "f", 3, 3); });
  };
  EXPECT_THAT(error(two.substr(0, two.size() - 3)),
              HasSubstr("its compressed data ends too early"));
  EXPECT_THAT(error(two + gzipped("x")), HasSubstr("has bytes behind its 300 values"));
  EXPECT_THAT(error(two + "\x1f"), HasSubstr("its compressed data ends too early"));
  EXPECT_THAT(error(two + "\x1f\x8cjunk"), HasSubstr("is damaged"));
  EXPECT_THAT(error(two + std::string(600'000, '\0') + "x"),
              HasSubstr("has bytes behind the end of its compressed data"));
}

TEST(IdxFolder, AFolderWithAFilesNameHidTheGoodGzipFileBesideIt) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  std::filesystem::create_directory(folder.path() / "t10k-labels-idx1-ubyte");
  EXPECT_EQ(load_data_folder(folder.path()).test.count(), 12u);
}

TEST(IdxFolder, FindsFilesUnderOtherCommonNames) {
  const std::pair<const char*, const char*> cases[] = {
      {"train-images-idx3-ubyte", "train-images.idx3-ubyte"},
      {"train-labels-idx1-ubyte", "train_labels.idx1"},
      {"train-images-idx3-ubyte", "Train-Images-IDX3-ubyte"},
      {"train-images-idx3-ubyte", "train-images-idx3-ubyte/train-images-idx3-ubyte"},
      {"t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte.gz"},
      {"t10k-images-idx3-ubyte.gz", "test-images-idx3-ubyte.gz"},
      {"t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte/t10k-labels.idx1-ubyte"}};
  for (const auto& [usual, other] : cases) {
    const ScratchFolder folder;
    write_good_set(folder.path());
    std::filesystem::rename(folder.path() / usual, folder.path() / "moved");
    std::filesystem::create_directories((folder.path() / other).parent_path());
    std::filesystem::rename(folder.path() / "moved", folder.path() / other);
    EXPECT_EQ(load_error(folder.path()), "accepted") << other;
  }
}

TEST(IdxFolder, TheUsualNameComesFirst) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  write(folder.path() / "test-labels-idx1-ubyte", "no labels");
  write(folder.path() / "t10k-labels.idx1-ubyte", "no labels");
  EXPECT_EQ(load_error(folder.path()), "accepted");
}

TEST(IdxFolder, NamesWhatIsThereInThePlaceOfAMissingFile) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  std::filesystem::rename(folder.path() / "t10k-images-idx3-ubyte.gz",
                          folder.path() / "a copy of t10k-images-idx3-ubyte.gz");
  EXPECT_THAT(load_error(folder.path()),
              HasSubstr("t10k-images-idx3-ubyte.gz; it holds a copy of t10k-images-idx3-ubyte.gz, "
                        "t10k-labels-idx1-ubyte.gz"));
  const ScratchFolder other;
  EXPECT_THAT(load_error(other.path()), HasSubstr("; it is empty; "));
  for (const char* const name : {"a", "b", "c", "d", "e", "f"}) write(other.path() / name, "x");
  EXPECT_THAT(load_error(other.path()), HasSubstr("; it holds a, b, c, d and 2 more; "));
}

TEST(DataSet, LimitKeepsTheFirstSamplesAndTheirLabels) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  DataSet data = load_data_folder(folder.path()).train;
  data.limit(100);
  EXPECT_EQ(data.count(), 20u);
  const DataSet first = data.first(3);
  data.limit(3);
  EXPECT_EQ(data.count(), 3u);
  EXPECT_EQ(data.samples.bytes().size(), 45u);
  EXPECT_EQ(data.labels.rows(), 3u);
  EXPECT_TRUE(std::ranges::equal(data.labels.bytes(), first.labels.bytes()));
  EXPECT_TRUE(std::ranges::equal(data.samples.bytes(), first.samples.bytes()));
}

TEST(DataFolder, ReadsTheFormatThatIsNamed) {
  const ScratchFolder folder;
  write_good_set(folder.path());
  for (const char* const part : {"train.csv", "test.csv"})
    write(folder.path() / part, "a,b\n1,2\n");
  EXPECT_EQ(load_data_folder(folder.path()).train.count(), 20u);
  EXPECT_EQ(load_data_folder(folder.path(), {.format = "csv"}).train.count(), 1u);
  EXPECT_THAT(problem_of(folder.path(), {.format = "npy"}), HasSubstr("has neither x_train.npy"));
  EXPECT_THAT(problem_of(folder.path(), {.format = "json"}),
              HasSubstr("there is no data format 'json': idx (train-images"));
}

TEST(DataFolder, SaysWhichFormatsAreKnown) {
  const ScratchFolder folder;
  write(folder.path() / "notes.txt", "no data");
  EXPECT_THAT(load_error(folder.path()),
              AllOf(HasSubstr("holds no data set of a known format: idx (train-images-idx3-ubyte"),
                    HasSubstr("dataset-fashion-mnist")));
}

}  // namespace
}  // namespace mixnn
