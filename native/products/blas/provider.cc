// The system's BLAS.
#include <algorithm>
#include <climits>

#include "kernels/tiers.h"
#include "products/blas/blas.h"
#include "products/blocked_product.h"
#include "products/provider.h"

namespace ostinato {
namespace {

class BlasProvider final : public Provider {
 public:
  const char* name() const override { return "blas"; }
  bool available() const override { return systemBlas() != nullptr; }

  // GFLOP/s, one thread of a Xeon with AVX-512 and 2 MB of L2 (fma peak 240), OpenBLAS 0.3.21 (its SkylakeX kernels
  // whatever our tier), bench/native/kernels.cc:
  //
  //     M      K      N   op    avx512   avx2   portable   OpenBLAS
  //   2048   2048   2048  NN      192     113       29        200
  //   4096    512   2048  NT      192     114       29        196
  //   4096   2048    512  NN      197     111       31        187
  //   2048   4096    512  TN      194     111       29        164
  //    700    650  10000  NT      170     106       29        187
  //     64    512   2048  NT      142     105       27        134
  //     20    650   2600  NT       98      83       23         85
  //      5    512   8000  NT       66      57       20         24
  //      1    650  10000  NT       15      15       10          6
  //
  // On a tier with vectors the own kernels win or tie; that tie is not worth another library's threads in the process.
  // The portable tier is for CPUs that we have no kernels for, where a tuned BLAS does. Accelerate reaches Apple's
  // matrix units, which nothing else can; that is documented by Apple and not measured here.
  bool wins(const Gemm& g) const override {
    constexpr double kWorthwhile = 64.0 * 64.0 * 64.0;
    if (static_cast<double>(g.M) * static_cast<double>(g.N) * static_cast<double>(g.K) < kWorthwhile || g.M < 8)
      return false;
#ifndef __APPLE__
    if (currentTier() > Tier::portable) return false;
#endif
    return systemBlas() != nullptr && systemBlas()->optimized;
  }

  bool fits(const Gemm& g) const override {
    return g.maps.plain() && std::max({g.M, g.N, g.K, g.lda, g.ldb, g.ldc}) <= INT_MAX && available();
  }

  size_t scratchBytes(const Gemm&, int) const override { return 0; }

  void multiply(const Gemm& g, void*, ThreadPool& pool) const override {
    forParts(g, splitFor(g, pool.threadsHere(), 16, 16), pool, [&](const Part& part) {
      Gemm own = g;
      own.M = part.m;
      own.N = part.n;
      own.a += g.transposeA ? part.m0 : part.m0 * g.lda;
      own.b += g.transposeB ? part.n0 * g.ldb : part.n0;
      own.c += part.m0 * g.ldc + part.n0;
      if (g.bias) {
        own.bias += part.n0;
        startWithBias(own);
        own.accumulate = true;
      }
      const auto operation = [](bool transpose) { return transpose ? kBlasTranspose : kBlasNoTranspose; };
      systemBlas()->sgemm(kBlasRowMajor, operation(g.transposeA), operation(g.transposeB), static_cast<int>(own.M),
                          static_cast<int>(own.N), static_cast<int>(own.K), 1.0f, own.a, static_cast<int>(own.lda),
                          own.b, static_cast<int>(own.ldb), own.accumulate ? 1.0f : 0.0f, own.c,
                          static_cast<int>(own.ldc));
    });
  }

  const Packing* packing(Precision) const override { return nullptr; }
};

}  // namespace

const Provider& blasProvider() {
  static const BlasProvider provider;
  return provider;
}

}  // namespace ostinato
