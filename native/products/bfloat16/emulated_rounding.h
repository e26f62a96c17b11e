// Rounding to bfloat16 in AVX-512, for tests on CPUs without the instructions for it (CMake: OSTINATO_EMULATE_TILES).
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, VCVTNEPS2BF16.
//
// Included after immintrin.h by instructions.h alone, whose intrinsics it replaces.
#pragma once

#define OSTINATO_EMULATION __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

namespace ostinato::emulated_rounding {

// Floats as bfloat16, rounded to nearest, ties to even; numbers below 2^-126 become 0, NaNs stay NaN.
OSTINATO_EMULATION inline __m256i rounded(__m512 x) {
  constexpr int kZeroOrTiny = 0x26, kNan = 0x81;
  const __m512i bits = _mm512_castps_si512(x), top = _mm512_srli_epi32(bits, 16);
  const __m512i last = _mm512_and_si512(top, _mm512_set1_epi32(1));
  const __m512i up = _mm512_add_epi32(bits, _mm512_add_epi32(last, _mm512_set1_epi32(0x7FFF)));
  __m512i result = _mm512_srli_epi32(up, 16);
  result = _mm512_mask_and_epi32(result, _mm512_fpclass_ps_mask(x, kZeroOrTiny), top, _mm512_set1_epi32(0x8000));
  result = _mm512_mask_or_epi32(result, _mm512_fpclass_ps_mask(x, kNan), top, _mm512_set1_epi32(0x40));
  return _mm512_cvtepi32_epi16(result);
}

OSTINATO_EMULATION inline __m512i roundedPair(__m512 second, __m512 first) {
  return _mm512_inserti64x4(_mm512_castsi256_si512(rounded(first)), rounded(second), 1);
}

}  // namespace ostinato::emulated_rounding

#undef _mm512_cvtneps_pbh
#undef _mm512_cvtne2ps_pbh
#define _mm512_cvtneps_pbh ::ostinato::emulated_rounding::rounded
#define _mm512_cvtne2ps_pbh ::ostinato::emulated_rounding::roundedPair
