#include <string>

#include "ops/registry.h"
#include "wasm/exports.h"

namespace ostinato {

// The names of the ops, a line each: an op's code in an encoded program is its line.
OSTINATO_EXPORT(operations) const char* operationNames() {
  static const std::string names = [] {
    std::string all;
    for (int64_t i = 0; i < operationCount(); i++) all += std::string(i ? "\n" : "") + operationOf(i).name;
    return all;
  }();
  return names.c_str();
}

}  // namespace ostinato
