#include "ops/registry.h"

#include <iterator>
#include <stdexcept>

#include "ops/manifest.h"

namespace ostinato {

int64_t operationCount() { return static_cast<int64_t>(std::size(ops::kTable)); }

const Operation& operationOf(int64_t code) { return ops::kTable[code]; }

const Operation& operationNamed(const std::string& name) {
  for (const Operation& operation : ops::kTable) {
    if (name == operation.name) return operation;
  }
  throw std::out_of_range("there is no op " + name);
}

}  // namespace ostinato
