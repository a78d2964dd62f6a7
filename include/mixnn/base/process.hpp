#pragma once
#include <cstdint>

#include "mixnn/base/clock.hpp"

namespace mixnn {

Nanoseconds process_cpu_time();       // of all threads, user and system
std::uint64_t peak_resident_bytes();  // shared memory that this process has touched counts, too

}  // namespace mixnn
