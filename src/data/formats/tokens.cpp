#include "mixnn/data/formats/tokens.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <string>

#include "mixnn/base/error.hpp"
#include "mixnn/data/compressed_file.hpp"
#include "mixnn/data/file_names.hpp"

namespace mixnn {
namespace {

constexpr const char *kTrainTokens = "train.bin", *kTestTokens = "val.bin";
constexpr std::size_t kTokenBytes = 2, kHeaderBytes = 1024;
constexpr std::uint32_t kTokenMagic = 20240520, kVersion = 1;  // llm.c's, of 16 bits a token

std::uint32_t word_at(ConstBytes header, std::size_t index) {
  std::uint32_t word = 0;
  std::memcpy(&word, header.data() + index * sizeof word, sizeof word);
  return word;
}

// The tokens behind llm.c's header, or all.
HeldBytes tokens_of(const CompressedFile& in, const HeldBytes& content) {
  const ConstBytes bytes = content.bytes;
  if (bytes.size() < kHeaderBytes || word_at(bytes, 0) != kTokenMagic) {
    if (bytes.size() % kTokenBytes != 0)
      in.fail("has " + std::to_string(bytes.size()) + " bytes; tokens are of 2 bytes each");
    return content;
  }
  if (const std::uint32_t version = word_at(bytes, 1); version != kVersion)
    in.fail("has llm.c's header of version " + std::to_string(version) + "; only version " +
            std::to_string(kVersion) + ", of 2 bytes a token, is understood");
  const std::size_t announced = word_at(bytes, 2), found = bytes.size() - kHeaderBytes;
  if (found != announced * kTokenBytes)
    in.fail("announces " + std::to_string(announced) + " tokens of 2 bytes, but has " +
            std::to_string(found) + " bytes of them");
  return content.part(kHeaderBytes, found);
}

HeldBytes read_tokens(const std::filesystem::path& file, std::size_t window) {
  CompressedFile in(file);
  const HeldBytes tokens = tokens_of(in, in.take_all(kTokenBytes));
  if (const std::size_t count = tokens.bytes.size() / kTokenBytes; count < window + 1)
    in.fail("has " + std::to_string(count) + " tokens, too few for one sample of " +
            std::to_string(window) + " and the token behind it");
  return tokens;
}

// Labels are the same bytes, one token further.
DataSet windows_of(const HeldBytes& tokens, std::size_t window) {
  const std::size_t samples = (tokens.bytes.size() / kTokenBytes - 1) / window;
  const std::size_t size = samples * window * kTokenBytes;
  const Shape shape{static_cast<std::int64_t>(window)};
  return {Table(ElementType::kUint16, shape, tokens.part(0, size)),
          Table(ElementType::kUint16, shape, tokens.part(kTokenBytes, size))};
}

}  // namespace

bool tokens_are_in(const std::filesystem::path& folder) {
  return find_data_file(folder, kTrainTokens) && find_data_file(folder, kTestTokens);
}

DataPair load_tokens(const std::filesystem::path& folder, const DataRequest& request) {
  if (request.input_shape.size() != 1)
    throw UsageError(folder.string() + ": holds tokens, for a MODEL whose input is [T], a number " +
                     "of tokens" +
                     (request.input_shape.empty()
                          ? std::string()
                          : ", but its input is " + shape_text(request.input_shape)));
  const auto window = static_cast<std::size_t>(request.input_shape[0]);
  const auto train = read_tokens(needed_file(folder, kTrainTokens), window);
  const auto test = read_tokens(needed_file(folder, kTestTokens), window);
  return {{}, windows_of(train, window), windows_of(test, window)};
}

}  // namespace mixnn
