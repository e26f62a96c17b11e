// The CPU's dot products of bfloat16 pairs, for products whose precision allows it.
#include "products/bfloat16/provider.h"
#include "products/bfloat16/operands.h"
#include "products/bfloat16_dots/dots.h"

namespace ostinato {
namespace {

class DotsProvider final : public bfloat16::RoundingProvider {
 public:
  const char* name() const override { return "dot products (AVX512_BF16)"; }
  bool available() const override { return bfloat16::dotsAvailable(); }

  const Packing* packing(Precision precision) const override {
    static const Packing one = [] {
      Packing packing = bfloat16::packingOf<1>();
      packing.multiply = bfloat16_dots::multiply;
      // C costs more to add to than B to read from L3: measured on 1 MB of L2, 512 deep was 4 to 18 % slower.
      packing.blockDepth = 2048;
      return packing;
    }();
    // In two parts three products take longer than one in float32.
    return precision == Precision::medium && available() ? &one : nullptr;
  }
};

}  // namespace

const Provider& dotsProvider() {
  static const DotsProvider provider;
  return provider;
}

}  // namespace ostinato
