// Files that users bring: data sets as NPY, NPZ, CSV and tokens, and weights that others trained.
#include <fstream>

#include "data/array_files.hpp"
#include "data/idx_files.hpp"
#include "fuzz/target.hpp"
#include "mixnn/base/error.hpp"
#include "mixnn/data/data_folder.hpp"
#include "mixnn/train/safetensors.hpp"

namespace mixnn::fuzzing {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

std::string content_of(ConstBytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The files of a data set, written anew for each input.
using Files = std::vector<std::pair<std::string, std::string>>;

const fs::path& folder_with(const Files& files) {
  static const testing_files::ScratchFolder folder;
  for (const auto& old : fs::directory_iterator(folder.path())) fs::remove(old);
  for (const auto& [name, content] : files) testing_files::write(folder.path() / name, content);
  return folder.path();
}

void check(const DataSet& set) {
  MIXNN_CHECK(set.count() > 0 && set.labels.rows() == set.count(), "a label for each sample");
  for (const Table* const table : {&set.samples, &set.labels})
    MIXNN_CHECK(table->bytes().size() == table->rows() * table->row_bytes(), "whole rows");
}

bool loads(const fs::path& folder, const DataRequest& request) {
  try {
    const DataPair data = load_data_folder(folder, request);
    check(data.train);
    check(data.test);
    MIXNN_CHECK(data.train.samples.type() == data.test.samples.type(), "samples of one type");
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

// Arrays as they are, compressed, in an archive, or an archive as it is.
bool run_npy(ConstBytes input) {
  Choices choices(input);
  const std::uint32_t how = choices.below(4);
  const DataRequest request{.format = "npy", .labels_classes = choices.below(2) == 0};
  const std::string x = content_of(choices.some()), y = content_of(choices.rest());
  if (how == 0)
    return loads(
        folder_with({{"x_train.npy", x}, {"y_train.npy", y}, {"x_test.npy", x}, {"y_test.npy", y}}),
        request);
  if (how == 1) {
    const std::string packed_x = testing_files::gzipped(x), packed_y = testing_files::gzipped(y);
    return loads(folder_with({{"x_train.npy.gz", packed_x},
                              {"y_train.npy.gz", packed_y},
                              {"x_test.npy.gz", packed_x},
                              {"y_test.npy.gz", packed_y}}),
                 request);
  }
  if (how == 3) return loads(folder_with({{"train.npz", x}, {"test.npz", x}}), request);
  const fs::path& folder = folder_with({});
  for (const char* const part : {"train.npz", "test.npz"})
    testing_files::write_zip(folder / part, {{"x.npy", x}, {"y.npy", y}});
  return loads(folder, request);
}

std::string file_content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Input> npy_seeds() {
  using testing_files::npy;
  const std::string bytes = npy("|u1", "2, 1, 2", "abcd"),
                    classes = npy("<i4", "2,", "\1\0\0\0\2\0\0\0"s);
  const std::string floats = npy(">f4", "2, 1", std::string(8, '\0'), 2);
  std::vector<Input> seeds;
  const auto add = [&](int how, int real, std::string_view x, std::string_view y) {
    seeds.push_back(Chosen().bytes({how, real}).some(bytes_of(x)).rest(bytes_of(y)).input());
  };
  for (const int how : {0, 1, 2}) add(how, 0, bytes, classes);
  add(0, 1, floats, npy("<f8", "2,", std::string(16, '\0'), 3));
  const fs::path archive = folder_with({}) / "x.npz";
  testing_files::write_zip(archive, {{"x.npy", bytes}, {"y.npy", classes}});
  add(3, 0, file_content(archive), "");
  return seeds;
}

bool run_csv(ConstBytes input) {
  Choices choices(input);
  DataRequest request{.format = "csv", .labels_classes = choices.below(2) == 0};
  if (choices.below(2) == 1) request.target = "y";
  const std::string text = content_of(choices.rest());
  return loads(folder_with({{"train.csv", text}, {"test.csv", text}}), request);
}

std::vector<Input> csv_seeds() {
  std::vector<Input> seeds;
  const auto add = [&](int real, int named, std::string_view text) {
    seeds.push_back(Chosen().bytes({real, named}).rest(bytes_of(text)).input());
  };
  add(0, 0, "a,b,y\n1,2,0\n3,4e-1,1\n");
  add(1, 1,
      "\xef\xbb\xbf"
      "\"a\";y;b\r\n1.5;-2;\"3\"\r\n\r\n+7;.5;0\r\n");
  add(1, 0, "a\ty\n0\t1\n");
  return seeds;
}

// Tokens with llm.c's header, whose words are given, or as they are.
bool run_tokens(ConstBytes input) {
  Choices choices(input);
  const bool headed = choices.below(2) == 1;
  const auto window = static_cast<std::int64_t>(1 + choices.number<std::uint16_t>());
  std::string head;
  if (headed) {
    head = content_of(choices.some());
    head.resize(1024);
  }
  const std::string file = head + content_of(choices.rest());
  return loads(folder_with({{"train.bin", file}, {"val.bin", file}}),
               {.format = "tokens", .input_shape = {window}});
}

std::vector<Input> tokens_seeds() {
  const std::uint32_t head[] = {20240520, 1, 5};
  const std::string five("\1\0\2\0\3\0\4\0\5\0", 10);
  return {Chosen().bytes({0, 1, 0}).rest(bytes_of(std::string_view(five))).input(),
          Chosen()
              .bytes({1, 3, 0})
              .some(bytes_of(std::span(head)))
              .rest(bytes_of(std::string_view(five)))
              .input()};
}

// A file as it is, or a header whose length is the right one, and what lies behind it.
bool run_safetensors(ConstBytes input) {
  Choices choices(input);
  std::string file;
  if (choices.below(2) == 1) {
    const std::string header = content_of(choices.some());
    const std::uint64_t length = header.size();
    file = content_of(bytes_of(std::span(&length, 1))) + header;
  }
  file += content_of(choices.rest());
  const fs::path path = folder_with({{"weights", file}}) / "weights";
  try {
    SafetensorsFile weights(path);
    for (const auto& [name, tensor] : weights.tensors()) {
      const auto count = static_cast<std::size_t>(element_count(tensor.shape));
      MIXNN_CHECK(weights.floats(name).size() == count, "as many values as the shape says");
    }
    return true;
  } catch (const UsageError&) {
    return false;
  }
}

std::vector<Input> safetensors_seeds() {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"0.weight":{"dtype":"F32","shape":[1,2],)"
      R"("data_offsets":[0,8]},"0.bias":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},)"
      R"("h":{"dtype":"F16","shape":[],"data_offsets":[10,12]},)"
      R"("d":{"dtype":"F64","shape":[0],"data_offsets":[12,12]}})";
  const std::string values(12, '\1');
  const std::uint64_t length = header.size();
  return {
      Chosen()
          .bytes({1})
          .some(bytes_of(std::string_view(header)))
          .rest(bytes_of(std::string_view(values)))
          .input(),
      Chosen().bytes({0}).number(length).rest(bytes_of(std::string_view(header + values))).input()};
}

}  // namespace

extern const Target kNpy, kCsv, kTokens, kSafetensors;
const Target kNpy{"npy", run_npy, npy_seeds, 2048};
const Target kCsv{"csv", run_csv, csv_seeds, 1024};
const Target kTokens{"tokens", run_tokens, tokens_seeds, 2048};
const Target kSafetensors{"safetensors", run_safetensors, safetensors_seeds, 2048};

}  // namespace mixnn::fuzzing
