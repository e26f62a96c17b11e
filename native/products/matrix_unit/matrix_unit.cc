#include "products/matrix_unit/matrix_unit.h"

#include "base/cpu.h"
#include "kernels/tiers.h"
#include "products/matrix_unit/instructions.h"

#ifdef OSTINATO_MATRIX_UNIT

#include <sys/syscall.h>
#include <unistd.h>

namespace ostinato {
namespace {

#ifdef OSTINATO_EMULATE_TILES
bool cpuHasTiles() { return true; }
bool askForTiles() { return true; }
#else
bool cpuHasTiles() { return cpuFeatures().tiles && bfloat16::dotsAvailable(); }

// Linux keeps the tiles' registers (8 KB a thread) only for processes that ask.
bool askForTiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

}  // namespace

bool matrixUnitAvailable() {
  if (currentTier() < Tier::avx512) return false;
  static const bool granted = cpuHasTiles() && askForTiles();
  return granted;
}

}  // namespace ostinato

#else  // no matrix unit that we know how to use

namespace ostinato {

bool matrixUnitAvailable() { return false; }

}  // namespace ostinato

#endif
