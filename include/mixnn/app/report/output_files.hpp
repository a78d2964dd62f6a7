#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace mixnn {

// Creates the folder `out` and sees that it and the folder of `json` can be written to (either may
// be empty: not wanted). Throws UsageError that names the option.
void check_outputs(const std::filesystem::path& out, const std::filesystem::path& json);

// The same for one folder, or for one file, named by `option`.
void check_output_folder(const std::string& option, const std::filesystem::path& folder);
void check_output_file(const std::string& option, const std::filesystem::path& file);

// Whether it is there and no regular file: it cannot be replaced by another.
bool is_special(const std::filesystem::path& file);

// Puts `text` in a file that only its owner can read, whole or not at all: written beside it under
// another name, then renamed. What is there and is no regular file, such as a pipe, is written to.
// Throws FileError.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace mixnn
