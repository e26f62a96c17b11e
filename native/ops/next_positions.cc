// p + 1, or (p + 1) mod an attribute unless that is 0.
#include <cstdint>
#include <limits>
#include <string>

#include "ops/manifest.h"
#include "ops/operation.h"

namespace ostinato {
namespace {

using namespace ops;

constexpr int64_t kLast = std::numeric_limits<int32_t>::max();

size_t checkNextPositions(const Call& call) {
  expectOperand(call, nextPositions::positions, DType::i32);
  const TensorView& positions = call.operand(nextPositions::positions);
  expectInteger(call, nextPositions::modulus, 0, kLast);
  expectResultLike(call, nextPositions::next, positions);
  return 0;
}

void runNextPositions(const Call& call) {
  const TensorView& positions = call.operand(nextPositions::positions);
  const int64_t modulus = call.integer(nextPositions::modulus), n = positions.elements();
  int32_t* next = call.result(nextPositions::next).mutableI32();
  for (int64_t i = 0; i < n; i++) {
    const int64_t position = positions.i32()[i], after = modulus > 0 ? (position + 1) % modulus : position + 1;
    if (position < 0 || after > kLast) {
      throw InputError("no position follows " + std::to_string(position) + ", position " + std::to_string(i) +
                       " of the batch");
    }
    next[i] = static_cast<int32_t>(after);
  }
}

}  // namespace

const Implementation ops::nextPositions::implementation = {checkNextPositions, runNextPositions};

}  // namespace ostinato
