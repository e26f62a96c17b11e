// The catalogue of ops; codes are positions in it.
#pragma once

#include <cstdint>
#include <string>

#include "ops/operation.h"

namespace ostinato {

int64_t operationCount();
const Operation& operationOf(int64_t code);
// Throws std::out_of_range for a name that no op has.
const Operation& operationNamed(const std::string& name);

}  // namespace ostinato
