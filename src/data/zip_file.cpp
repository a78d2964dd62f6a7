#include "mixnn/data/zip_file.hpp"

#include <zip.h>

#include "mixnn/base/error.hpp"

namespace mixnn {
namespace {

constexpr zip_int64_t kShownNames = 6;

std::string message_of(int code) {
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

class ZipEntry final : public ByteSource {
 public:
  ZipEntry(std::string name, zip_file_t* file) : ByteSource(std::move(name)), file_(file) {}
  ~ZipEntry() override { zip_fclose(file_); }

  std::size_t read(Bytes out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const zip_int64_t got = zip_fread(file_, out.data() + done, out.size() - done);
      if (got < 0) fail("is damaged: " + std::string(zip_file_strerror(file_)));
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  zip_file_t* file_;
};

}  // namespace

struct ZipFile::Archive {
  std::string path;
  zip_t* zip = nullptr;

  zip_int64_t find(const std::string& name) const {
    return zip_name_locate(zip, name.c_str(), ZIP_FL_NOCASE);
  }
};

ZipFile::ZipFile(const std::filesystem::path& file)
    : archive_(std::make_unique<Archive>(Archive{file.string(), nullptr})) {
  int code = 0;
  archive_->zip = zip_open(file.c_str(), ZIP_RDONLY, &code);
  if (archive_->zip == nullptr)
    throw UsageError(file.string() + ": is no zip archive that can be read: " + message_of(code));
}

ZipFile::~ZipFile() {
  if (archive_->zip != nullptr) zip_discard(archive_->zip);
}

std::unique_ptr<ByteSource> ZipFile::open(const std::string& name) {
  const zip_int64_t index = archive_->find(name);
  if (index < 0) throw UsageError(archive_->path + ": has no " + name + "; " + names_text());
  zip_file_t* const file = zip_fopen_index(archive_->zip, static_cast<zip_uint64_t>(index), 0);
  const std::string place = archive_->path + ": " + name;
  if (file == nullptr) throw UsageError(place + ": cannot be read: " + zip_strerror(archive_->zip));
  return std::make_unique<ZipEntry>(place, file);
}

std::string ZipFile::names_text() const {
  const zip_int64_t count = zip_get_num_entries(archive_->zip, 0);
  std::string text;
  for (zip_int64_t i = 0; i < count && i < kShownNames; ++i) {
    const char* const name = zip_get_name(archive_->zip, static_cast<zip_uint64_t>(i), 0);
    text += (i == 0 ? "" : ", ") + std::string(name == nullptr ? "?" : name);
  }
  if (count > kShownNames) text += " and " + std::to_string(count - kShownNames) + " more";
  return text.empty() ? "it is empty" : "it holds " + text;
}

}  // namespace mixnn
