// Memory that JavaScript writes arguments into, and reads replies from.
#include <cstdlib>

#include "wasm/exports.h"
#include "wasm/reply.h"

namespace ostinato {

std::vector<double>& reply() {
  static std::vector<double> numbers;
  return numbers;
}

// 0 where there is none.
OSTINATO_EXPORT(allocate) void* allocateBytes(uint32_t bytes) { return std::malloc(bytes); }
OSTINATO_EXPORT(release) void releaseBytes(void* bytes) { std::free(bytes); }
OSTINATO_EXPORT(replyAddress) const double* replyAddress() { return reply().data(); }
OSTINATO_EXPORT(replyLength) uint32_t replyLength() { return static_cast<uint32_t>(reply().size()); }

}  // namespace ostinato
