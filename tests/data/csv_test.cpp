#include "mixnn/data/formats/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/idx_files.hpp"
#include "data/loading.hpp"

namespace mixnn {
namespace {

using namespace testing_files;
using testing::HasSubstr;

const std::string kGood = "a,b,class\n1,2.5,0\n-3,4e2,1\n";

// One file for training and test.
class CsvFolder {
 public:
  explicit CsvFolder(const std::string& train, const std::string& test = {}) {
    write(folder_.path() / "train.csv", train);
    write(folder_.path() / "test.csv", test.empty() ? train : test);
  }
  DataSet train(const DataRequest& request = {}) const {
    return load_data_folder(folder_.path(), request).train;
  }
  std::string problem(const DataRequest& request = {}) const {
    return problem_of(folder_.path(), request);
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  ScratchFolder folder_;
};

TEST(CsvData, TheLastColumnIsTheTarget) {
  const DataSet set = CsvFolder(kGood).train();
  EXPECT_EQ(set.samples.row_shape(), Shape{2});
  EXPECT_EQ(numbers_of<float>(set.samples), (std::vector<float>{1, 2.5f, -3, 400}));
  EXPECT_EQ(set.labels.row_shape(), Shape{});
  EXPECT_EQ(numbers_of<std::uint8_t>(set.labels), (std::vector<std::uint8_t>{0, 1}));
}

TEST(CsvData, AnotherColumnCanBeTheTarget) {
  const CsvFolder folder(kGood);
  const DataSet set = folder.train({.target = "b", .labels_classes = false});
  EXPECT_EQ(numbers_of<float>(set.samples), (std::vector<float>{1, 0, -3, 1}));
  EXPECT_EQ(set.labels.row_shape(), Shape{1});
  EXPECT_EQ(numbers_of<float>(set.labels), (std::vector<float>{2.5f, 400}));
  EXPECT_THAT(folder.problem({.target = "c"}),
              HasSubstr("train.csv: line 1: has no column 'c' (--target); the first is 'a', the "
                        "last 'class'"));
  EXPECT_THAT(folder.problem({.target = "b"}),
              HasSubstr("line 2: column 2 (b): '2.5' is no class"));
  EXPECT_THAT(CsvFolder("a,a,b\n1,2,3\n").problem({.target = "a"}),
              HasSubstr("has several columns 'a'"));
}

TEST(CsvData, UnderstandsWhatSpreadsheetsWrite) {
  for (const std::string& same : {
           std::string("\xef\xbb\xbf") + kGood,
           std::string("a,b,class\r\n1,2.5,0\r\n-3,4e2,1\r\n"),
           std::string("a,b,class\n1,2.5,0\n\n-3,4e2,1"),
           std::string("\"a\",\"b\",\"class\"\n\"1\",\"2.5\",\"0\"\n-3,4e2,\"1\"\n\n"),
           std::string("a;b;class\n1;2.5;0\n-3;4e2;1\n"),
           std::string("a\tb\tclass\n1\t2.5\t0\n-3\t4e2\t1\n"),
           std::string("\"a;1\";b;class\n1;2.5;0\n-3;4e2;1\n"),
           std::string(" a , b, class\n 1, +2.5 ,0 \n\t-3,\"4e2\" ,1\n"),
       }) {
    const DataSet set = CsvFolder(same).train();
    EXPECT_EQ(numbers_of<float>(set.samples), (std::vector<float>{1, 2.5f, -3, 400})) << same;
    EXPECT_EQ(numbers_of<std::uint8_t>(set.labels), (std::vector<std::uint8_t>{0, 1})) << same;
  }
  EXPECT_EQ(CsvFolder("\"the \"\"b\"\"\",y\n1,0\n").problem({.target = "the \"b\""}), "accepted");
}

TEST(CsvData, ReadsLongAndCompressedFiles) {
  std::string text = "a,b,class\n";
  for (int i = 0; i < 30'000; ++i)
    text += std::to_string(i) + ",0.5," + std::to_string(i % 7) + "\n";
  const CsvFolder folder(text);
  EXPECT_EQ(folder.train().count(), 30'000u);
  EXPECT_EQ(numbers_of<float>(folder.train().samples)[2 * 29'999], 29'999.0f);
  std::filesystem::remove(folder.path() / "train.csv");
  write(folder.path() / "train.csv.gz", gzipped(text));
  EXPECT_EQ(folder.train().count(), 30'000u);
}

struct BadTable {
  std::string content, error;
};

TEST(CsvData, NamesFileLineAndColumnOfWhatIsWrong) {
  const std::vector<BadTable> table = {
      {"\n", "is empty; a header with the names of the columns is expected"},
      {"1,2,0\n3,4,1\n", "line 1: has numbers alone; a header"},
      {"class\n1\n", "line 1: has a single column, 'class'"},
      {"a,b,class\n", "has no samples below its header"},
      {"a,b,class\n1,2,0\n1,2\n", "line 3: has 2 fields, but the header has 3"},
      {"a,b,class\n1,2,0,\n", "line 2: has 4 fields, but the header has 3"},
      {"a,b,class\n\n1,,0\n", "line 3: column 2 (b) has no value; a number is expected"},
      {"a,b,class\n1,NA,0\n", "line 2: column 2 (b) has no value, but 'NA'"},
      {"a,b,class\n1,?,0\n", "line 2: column 2 (b) has no value, but '?'"},
      {"a,b,class\n1,2,nan\n", "line 2: column 3 (class) has no value, but 'nan'"},
      {"a,b,class\n1,2,0\nred,2,0\n", "line 3: column 1 (a): 'red' is no number"},
      {"a,b,class\n1,2,yes\n", "line 2: column 3 (class): 'yes' is no number"},
      {"a;b;class\n1;2,5;0\n",
       "line 2: column 2 (b): '2,5' is no number; give texts numbers "
       "first, and write decimals with a point"},
      {"a,b,class\n1,0x10,0\n", "'0x10' is no number"},
      {"a,b,class\n1,1e99,0\n", "'1e99' is no finite number of float32"},
      {"a,b,class\n1,inf,0\n", "'inf' is no finite number of float32"},
      {"a,b,class\n1,\"2,0\n", "line 2: has a quote that does not end in its line"},
      {"a,b,class\n1,\"2\"3,0\n", "line 2: has text behind the quotes of a field"},
      {std::string("\xff\xfe", 2) + std::string("a\0,\0b\0\n\0", 8),
       "line 1: has bytes of value 0"},
      {"a,b,class\n1,2,0\n1,2,1.5\n",
       "line 3: column 3 (class): '1.5' is no class; MODEL's loss takes"},
      {"a,b,class\n1,2,-1\n", "line 2: column 3 (class): '-1' is no class"},
  };
  for (const BadTable& bad : table) {
    SCOPED_TRACE(bad.content);
    const std::string problem = CsvFolder(bad.content).problem();
    EXPECT_THAT(problem, HasSubstr("train.csv: "));
    EXPECT_THAT(problem, HasSubstr(bad.error));
  }
}

TEST(CsvData, BothFilesHaveTheSameColumns) {
  EXPECT_THAT(CsvFolder(kGood, "a,c,class\n1,2,0\n").problem(),
              HasSubstr("test.csv: line 1: column 2 is 'c', but 'b' in"));
  EXPECT_THAT(CsvFolder(kGood, "a,class\n1,0\n").problem(),
              HasSubstr("test.csv: line 1: has 2 columns, but"));
}

}  // namespace
}  // namespace mixnn
