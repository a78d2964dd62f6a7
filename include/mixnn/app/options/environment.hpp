#pragma once
#include <string>
#include <vector>

namespace mixnn {

// All variables MIXNN_... that mean something: the forms of the options, what else the program
// reads, what the scripts of jobs/ and bench/ read, and what module systems set for any program.
std::vector<std::string> known_variables();

// That of known_variables() which a user who wrote `name` most likely means: one that begins or
// ends as it does, or with the fewest letters to change. None that a module system sets.
std::string nearest_variable(const std::string& name);

// Throws UsageError if a variable MIXNN_... of this process is none of these, and names the
// nearest; an empty one counts as not set. And if one that the program reads on the way has a value
// that does not exist.
void check_environment();

}  // namespace mixnn
