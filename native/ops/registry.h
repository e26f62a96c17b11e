// The catalogue of ops; codes are positions in it.
#pragma once

#include <cstdint>

#include "ops/operation.h"

namespace ostinato {

int64_t operationCount();
const Operation& operationOf(int64_t code);

}  // namespace ostinato
