#include "mixnn/data/compressed_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "mixnn/base/check.hpp"

namespace mixnn {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 18;
constexpr std::size_t kMappedBytes = std::size_t{1} << 20;  // less is read
constexpr int kGzipWindow = 15 + 16;                        // the largest window, and gzip's header

constexpr std::byte kGzipFirst{0x1f}, kGzipSecond{0x8b};

bool is_gzip(ConstBytes start) {
  return start.size() >= 2 && start[0] == kGzipFirst && start[1] == kGzipSecond;
}

}  // namespace

struct CompressedFile::Inflater {
  z_stream stream{};
  bool ended = false;

  Inflater() { MIXNN_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK, "zlib starts"); }
  ~Inflater() { inflateEnd(&stream); }
};

CompressedFile::CompressedFile(std::filesystem::path file)
    : ByteSource(file.string()), file_(std::move(file)), block_(kBlockBytes) {
  std::error_code error;
  if (std::filesystem::is_directory(file_, error)) fail("is a folder");
  in_.open(file_, std::ios::binary);
  if (!in_) fail("cannot be opened");
  refill();
  if (is_gzip(unread_)) inflater_ = std::make_unique<Inflater>();
}

CompressedFile::~CompressedFile() = default;

void CompressedFile::refill() {
  in_.read(reinterpret_cast<char*>(block_.data()), static_cast<std::streamsize>(block_.size()));
  if (in_.bad()) fail("cannot be read");
  unread_ = ConstBytes(block_).first(static_cast<std::size_t>(in_.gcount()));
}

std::size_t CompressedFile::read(Bytes out) {
  std::size_t done = 0;
  while (done < out.size()) {
    if (unread_.empty()) refill();
    const std::size_t some =
        inflater_ ? inflate_some(out.subspan(done)) : read_plain(out.subspan(done));
    if (some == 0 && unread_.empty() && in_.eof()) break;
    done += some;
  }
  if (inflater_ && done < out.size() && !inflater_->ended)
    fail("is truncated: its compressed data ends too early");
  return done;
}

std::size_t CompressedFile::read_plain(Bytes out) {
  const std::size_t n = std::min(out.size(), unread_.size());
  copy_bytes(unread_.first(n), out);
  unread_ = unread_.subspan(n);
  offset_ += n;
  return n;
}

HeldBytes CompressedFile::take(std::size_t count, std::size_t alignment) {
  if (!inflater_ && count >= kMappedBytes && offset_ % alignment == 0) {
    const HeldBytes all = map_file(file_);
    const std::size_t left = all.bytes.size() - std::min(offset_, all.bytes.size());
    if (left >= kMappedBytes) {
      const HeldBytes taken = all.part(offset_, std::min(count, left));
      offset_ += taken.bytes.size();
      unread_ = {};
      in_.clear();
      in_.seekg(static_cast<std::streamoff>(offset_));
      return taken;
    }
  }
  return ByteSource::take(count, alignment);
}

// What is behind the end of a member is another one, or zeros up to the end of the file.
void CompressedFile::next_member() {
  const auto rest = std::ranges::find_if(unread_, [](std::byte b) { return b != std::byte{0}; });
  padded_ = padded_ || rest != unread_.begin();
  unread_ = unread_.last(static_cast<std::size_t>(unread_.end() - rest));
  if (unread_.empty()) return;
  if (padded_ || unread_[0] != kGzipFirst) fail("has bytes behind the end of its compressed data");
  MIXNN_CHECK(inflateReset(&inflater_->stream) == Z_OK, "zlib starts anew");
  inflater_->ended = false;
}

std::size_t CompressedFile::inflate_some(Bytes out) {
  z_stream& z = inflater_->stream;
  if (inflater_->ended) next_member();
  if (inflater_->ended) return 0;
  const std::size_t most = std::min<std::size_t>(out.size(), std::numeric_limits<uInt>::max());
  z.next_in = const_cast<Bytef*>(u8(unread_));  // zlib reads it only
  z.avail_in = static_cast<uInt>(unread_.size());
  z.next_out = u8(out);
  z.avail_out = static_cast<uInt>(most);
  const int status = inflate(&z, Z_NO_FLUSH);
  if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
    fail("is damaged: not valid gzip data");
  inflater_->ended = status == Z_STREAM_END;
  unread_ = unread_.last(z.avail_in);
  return most - z.avail_out;
}

}  // namespace mixnn
