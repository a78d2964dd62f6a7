#pragma once

// Before a function: compiled for several vector widths, of which the processor's is chosen. As
// nothing is contracted (CMakeLists.txt), all give the bits of the plain loop, if every value is
// computed alone or added up in order. The function works on raw pointers that do not alias: that
// is what the vectorizer needs.

// Sanitizers and the resolvers of cloned functions do not go together.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(MIXNN_SANITIZE)
#define MIXNN_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define MIXNN_CLONES
#endif
