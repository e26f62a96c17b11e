// Features of the CPU against what the compiler's own check says.
#include "base/cpu.h"

#include <doctest/doctest.h>

#include "kernels/tiers.h"

using namespace ostinato;

TEST_CASE("a wider set of instructions comes with the narrower ones") {
  const CpuFeatures& cpu = cpuFeatures();
  CHECK((!cpu.avx512 || cpu.avx2));
  CHECK((!cpu.bfloat16 || cpu.avx512));
  CHECK(&cpu == &cpuFeatures());
  CHECK(tierNamed("avx512").has_value() == cpu.avx512);
  CHECK(tierNamed("avx2").has_value() == cpu.avx2);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__APPLE__)
TEST_CASE("CPUID is read as the compiler reads it") {
  const CpuFeatures& cpu = cpuFeatures();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  CHECK(cpu.avx2 == avx2);
  CHECK(cpu.avx512 == avx512);
  CHECK(cpu.bfloat16 == (avx512 && __builtin_cpu_supports("avx512bf16")));
}
#endif
