// Where this executable lies.
#pragma once

#include <string>

namespace bridge::server {

// Its absolute path, by which a later build of it will be found too, also where that has replaced
// the file by now. Empty where /proc does not tell.
std::string own_program_path();

}  // namespace bridge::server
