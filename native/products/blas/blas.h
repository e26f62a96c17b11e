// The system's CBLAS, looked for at run time and never linked: a prebuilt addon works without one and uses it if there.
#pragma once

#include <cstdint>

namespace ostinato {

struct Blas {
  // The library that was loaded, such as "libopenblas.so.0".
  const char* library;
  // The description that the library gives of itself, such as "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ... SkylakeX";
  // empty if nothing.
  const char* description;
  // Tuned for this CPU, as far as one can tell: not the reference implementation.
  bool optimized;
  // CBLAS's own constants and argument order, 32-bit integers.
  void (*sgemm)(int order, int transposeA, int transposeB, int m, int n, int k, float alpha, const float* a, int lda,
                const float* b, int ldb, float beta, float* c, int ldc);
};

constexpr int kBlasRowMajor = 101;
constexpr int kBlasNoTranspose = 111;
constexpr int kBlasTranspose = 112;

// Loads it at the first call; null if none is found. Its own threading is switched off, for the callers split the work
// over our pool. May be called from any thread.
const Blas* systemBlas();

}  // namespace ostinato
