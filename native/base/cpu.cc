#include "base/cpu.h"

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#define OSTINATO_X86_64
#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#endif

namespace ostinato {

#ifdef OSTINATO_X86_64

namespace {

// CPUID by ourselves and not __builtin_cpu_supports, which needs a part of the compiler's runtime that not every one
// has.
struct Registers {
  uint32_t a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(uint32_t leaf, uint32_t part) {
  Registers r;
#if defined(_MSC_VER) && !defined(__clang__)
  int values[4];
  __cpuidex(values, static_cast<int>(leaf), static_cast<int>(part));
  r = {static_cast<uint32_t>(values[0]), static_cast<uint32_t>(values[1]), static_cast<uint32_t>(values[2]),
       static_cast<uint32_t>(values[3])};
#else
  __cpuid_count(leaf, part, r.a, r.b, r.c, r.d);
#endif
  return r;
}

// The registers that the operating system keeps for a thread (XCR0).
uint64_t keptRegisters() {
#if defined(_MSC_VER) && !defined(__clang__)
  return _xgetbv(0);
#else
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
#endif
}

constexpr uint32_t bit(int place) { return uint32_t{1} << place; }

bool all(uint32_t bits, uint32_t wanted) { return (bits & wanted) == wanted; }

// Bits of Intel's manual (volume 2, CPUID; volume 1, 13.3 for the registers).
CpuFeatures found() {
  CpuFeatures cpu;
  const uint32_t leaves = cpuid(0, 0).a;
  if (leaves < 7) return cpu;
  constexpr uint32_t kFma = bit(12), kXsave = bit(27), kAvx = bit(28);
  if (!all(cpuid(1, 0).c, kFma | kXsave | kAvx)) return cpu;
  constexpr uint64_t kVectors = 0x06, kWideVectors = 0xE6;
  const uint64_t kept = keptRegisters();
  if ((kept & kVectors) != kVectors) return cpu;
  const Registers features = cpuid(7, 0);
  constexpr uint32_t kBmi = bit(3), kAvx2 = bit(5), kBmi2 = bit(8);
  cpu.avx2 = all(features.b, kBmi | kAvx2 | kBmi2);
#ifdef __APPLE__
  // macOS begins to keep them with their first use.
  const bool keepsWide = true;
#else
  const bool keepsWide = (kept & kWideVectors) == kWideVectors;
#endif
  constexpr uint32_t kF = bit(16), kDq = bit(17), kCd = bit(28), kBw = bit(30), kVl = bit(31);
  cpu.avx512 = cpu.avx2 && keepsWide && all(features.b, kF | kDq | kCd | kBw | kVl);
  constexpr uint32_t kVectorBf16 = bit(5), kTileBf16 = bit(22), kTile = bit(24);
  cpu.bfloat16 = cpu.avx512 && features.a >= 1 && all(cpuid(7, 1).a, kVectorBf16);
  cpu.tiles = all(features.d, kTileBf16 | kTile);
  return cpu;
}

}  // namespace

const CpuFeatures& cpuFeatures() {
  static const CpuFeatures cpu = found();
  return cpu;
}

#else

const CpuFeatures& cpuFeatures() {
  static const CpuFeatures none;
  return none;
}

#endif

}  // namespace ostinato
