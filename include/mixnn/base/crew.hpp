#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "mixnn/base/activity.hpp"
#include "mixnn/base/function_ref.hpp"

namespace mixnn {

// Where a helper of a crew runs, and how it waits for work. The crew's own thread calls open() and
// close(), the helper's thread the rest.
class HelperPlace {
 public:
  virtual ~HelperPlace() = default;
  // There are parts to be done, from now on until close(). Cheap: some parts take no longer than
  // ten microseconds.
  virtual void open() = 0;
  virtual void close() = 0;
  // Waits a while for parts, or for the core to do them on.
  virtual void wait() = 0;
  // Between two parts: true where the helper has a core for one more. Where somebody needs that
  // core more, it goes to him first, and this returns when the helper has one again, or false.
  virtual bool may_work() = 0;
  // The helper's last call.
  virtual void leave() {}
};

using HelperPlaces = std::vector<std::unique_ptr<HelperPlace>>;

// Places on cores that nobody else needs: a helper there looks for parts for a while, then sleeps.
HelperPlaces own_cores(std::size_t count);

// Threads that do a piece of work together that comes in parts: the caller's, and a helper for each
// place. Helpers take parts when they can; nothing waits for one that has no core, but for the part
// it has begun. The caller takes the first of those that are left, helpers the last: where parts of
// one piece of work after another lie in the same order in memory, each core finds its own in its
// cache.
class Crew {
 public:
  // What helpers work is added to the recorder, if there is one, as what the caller's thread does
  // is; and what run() waits for the last parts as waiting. It must outlive the crew.
  explicit Crew(HelperPlaces places = {}, ActivityRecorder* recorder = nullptr);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  std::size_t size() const { return 1 + helpers_.size(); }

  // Calls part(0) to part(parts - 1), each once, in any order and on any thread of the crew, and
  // returns when all have returned. They must not throw, and not call run(). One caller at a time.
  void run(std::size_t parts, FunctionRef<void(std::size_t)> part);

 private:
  using Ticks = ActivityRecorder::Ticks;
  struct Parts {
    std::uint32_t begin = 0, end = 0;
    bool empty() const { return begin == end; }
  };
  enum class End { kFirst, kLast };
  struct alignas(64) Helper {
    std::unique_ptr<HelperPlace> place;
    std::thread thread;
    // Of the work under way: when it began its first part and ended its last, and the time of all
    // of them.
    Ticks begin = 0, end = 0, worked = 0;
  };
  bool take_part(End end, std::size_t& part);
  void help(Helper& helper);
  void wait_for_last();

  std::vector<std::unique_ptr<Helper>> helpers_;
  ActivityRecorder* recorder_;
  std::atomic<bool> over_{false};
  // Of the work under way. Whoever takes a part off `left_` may read the rest, and a helper write
  // what it did, until he counts it as done.
  const FunctionRef<void(std::size_t)>* part_ = nullptr;
  std::size_t parts_ = 0;
  alignas(64) std::atomic<Parts> left_{};  // not begun
  alignas(64) std::atomic<std::size_t> done_{0};
};

}  // namespace mixnn
