#include "mixnn/crypto/secret_memory.hpp"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

namespace mixnn {
namespace {

constexpr std::size_t kSecretChunk = std::size_t{256} << 10;  // is mapped at once, at its multiple
constexpr std::size_t kBatch = 64;                            // goes to or from a thread's blocks

std::atomic<bool> all_locked{true};

// What no thread has at hand. Never destroyed: secrets may go as late as the program ends.
struct SharedBlocks {
  std::mutex mutex;
  std::vector<std::byte*> free;
  std::byte *next = nullptr, *end = nullptr;  // of the newest chunk
};
SharedBlocks& shared_blocks() {
  static SharedBlocks& blocks = *new SharedBlocks;
  return blocks;
}

// A whole chunk, and nothing of it that is not at a multiple of its size.
std::byte* map_chunk() {
  void* const at =
      ::mmap(nullptr, 2 * kSecretChunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  std::byte* const from = static_cast<std::byte*>(at);
  const std::size_t past = reinterpret_cast<std::uintptr_t>(at) % kSecretChunk;
  const std::size_t front = past == 0 ? 0 : kSecretChunk - past;
  std::byte* const chunk = from + front;
  if (front > 0) ::munmap(from, front);
  ::munmap(chunk + kSecretChunk, kSecretChunk - front);
  ::madvise(chunk, kSecretChunk, MADV_DONTDUMP);
  if (::mlock(chunk, kSecretChunk) != 0) all_locked.store(false);
  return chunk;
}

struct ThreadBlocks {
  std::array<std::byte*, 2 * kBatch> blocks;
  std::size_t count;
};
constinit thread_local ThreadBlocks here{};

// Gives back what a thread has at hand as it ends.
struct AtThreadEnd {
  ~AtThreadEnd() { give(here.count); }
  static void give(std::size_t count) {
    SharedBlocks& all = shared_blocks();
    const std::lock_guard lock(all.mutex);
    for (; count > 0; --count) all.free.push_back(here.blocks[--here.count]);
  }
};
thread_local AtThreadEnd at_thread_end;

void fetch_batch() {
  static_cast<void>(&at_thread_end);  // so that it is there
  SharedBlocks& all = shared_blocks();
  const std::lock_guard lock(all.mutex);
  for (std::size_t i = 0; i < kBatch; ++i) {
    if (!all.free.empty()) {
      here.blocks[here.count++] = all.free.back();
      all.free.pop_back();
      continue;
    }
    if (all.next == all.end) {
      all.next = map_chunk();
      all.end = all.next + kSecretChunk;
    }
    here.blocks[here.count++] = all.next;
    all.next += kSecretBlock;
  }
}

}  // namespace

std::byte* take_secret_block() {
  if (here.count == 0) fetch_batch();
  return here.blocks[--here.count];
}

void give_secret_block(std::byte* block) noexcept {
  if (here.count == here.blocks.size()) AtThreadEnd::give(kBatch);
  here.blocks[here.count++] = block;
}

bool all_secrets_locked() { return all_locked.load(); }

}  // namespace mixnn
