#pragma once
#include "mixnn/data/number_array.hpp"

namespace mixnn {

// Reads an array as NumPy writes it (NEP 1; versions 1, 2 and 3 of the header), to its end. Throws
// UsageError that names the source: also where it is in Fortran's order, of objects, or of a type
// that is no number here.
NumberArray read_npy(ByteSource& source);

}  // namespace mixnn
