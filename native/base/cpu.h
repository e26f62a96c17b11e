#pragma once

namespace ostinato {

// Instructions that this CPU has and whose registers the operating system keeps; none of them where the CPU is no
// x86-64.
struct CpuFeatures {
  bool avx2 = false;      // with FMA, BMI and BMI2
  bool avx512 = false;    // F, BW, CD, DQ and VL, with avx2
  bool bfloat16 = false;  // AVX512_BF16, with avx512
  bool tiles = false;     // AMX_TILE and AMX_BF16; Linux has still to be asked for their registers
};

// Found at the first call: a virtual machine answers CPUID itself, which takes longer than a small product.
const CpuFeatures& cpuFeatures();

}  // namespace ostinato
