#pragma once

namespace mixnn {

// Floats below the smallest normal one (1.2e-38) lose digits, and processors compute with them up
// to a hundred times slower: a network that has learned its data by heart has gradients full of
// them.

// From here on they are zero, as operands and as results, in this thread, in those that it starts
// (they inherit it) and in OpenBLAS's own. That changes bits, so every program that trains, but for
// unit tests in one process, calls it first thing in main(), while it has no other threads. Does
// nothing where the processor is neither x86-64 nor AArch64.
void flush_subnormals();

// Whether the calling thread does.
bool subnormals_flushed();

}  // namespace mixnn
