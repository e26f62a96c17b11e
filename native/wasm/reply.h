// Numbers that a call leaves for JavaScript, which reads them at reply() before its next call.
#pragma once

#include <cstdint>
#include <vector>

namespace ostinato {

// The numbers of the last call; whoever fills them clears them first.
std::vector<double>& reply();

}  // namespace ostinato
