#pragma once
#include <functional>

namespace mixnn {

// From here on the calling thread runs only while no other thread of the machine wants its core
// (SCHED_IDLE): it never delays one. Nobody needs a privilege for that, but for the way back.
// Threads that it starts are like any other. Where the system does not know it, nothing changes.
void stay_in_background();
bool in_background();  // the calling thread

// Runs `work` on a thread that stays there, and waits for it; throws what it throws.
void run_in_background(const std::function<void()>& work);

}  // namespace mixnn
