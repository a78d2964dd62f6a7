// Writes the honest inputs of every target:
//   fuzz_corpus FOLDER     FOLDER/TARGET/honest-NUMBER, in the place of those that are there
//   fuzz_corpus            the targets' names, a line each
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz/target.hpp"

namespace fs = std::filesystem;
using mixnn::fuzzing::Input;
using mixnn::fuzzing::Target;

namespace {

// False if one of them does not get through.
bool write_seeds(const Target& target, const fs::path& folder) {
  fs::create_directories(folder);
  for (const auto& file : fs::directory_iterator(folder))
    if (file.path().filename().string().starts_with("honest-")) fs::remove(file);
  int number = 0;
  bool good = true;
  for (const Input& seed : target.seeds()) {
    const fs::path file = folder / ("honest-" + std::to_string(++number));
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(seed.data()),
               static_cast<std::streamsize>(seed.size()));
    if (target.run(seed)) continue;
    std::fprintf(stderr, "fuzz_corpus: %s does not get through\n", file.c_str());
    good = false;
  }
  return good;
}

}  // namespace

int main(int count, char** words) {
  bool good = true;
  for (const Target* target : mixnn::fuzzing::targets())
    if (count > 1)
      good = write_seeds(*target, fs::path(words[1]) / target->name) && good;
    else
      std::puts(target->name);
  return good ? 0 : 1;
}
