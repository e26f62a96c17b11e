// The output layer and its cross-entropy in one op: losses of softmax(x Wᵀ + b) against targets.
//
// Both directions walk the vocabulary in blocks of columns, whose logits, or their gradients, are in the cache while
// they are looked at. Training keeps the logits [N,V] for the gradient op: at V = 10,000 they are the largest values of
// a model, and making them again would cost a third product. Evaluation gives them no memory.
//
// Beside them it keeps, for each row, the largest logit and the sum of exp(logit - largest), and not the logarithm of
// the whole sum: that is as large as the logits, and rounding it would cost digits that the differences between logits
// have.
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "base/rounding.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "ops/data_checks.h"
#include "ops/gradient_tiles.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

// A block of logits, which stays in L2.
constexpr int64_t kBlockColumns = 512, kBlockRows = 1024;
// Fewer columns than these for each thread, and threads divide the rows instead.
constexpr int64_t kColumnsOfPart = 1024;

// The share of one of `parts` in n, in whole units.
struct Range {
  int64_t begin, end;
};
Range share(int64_t n, int64_t unit, int parts, int part) {
  const int64_t units = (n + unit - 1) / unit;
  return {std::min(n, units * part / parts * unit), std::min(n, units * (part + 1) / parts * unit)};
}

struct Sizes {
  int64_t N, H, V;
  Precision precision;
};

Sizes sizesOf(const Call& call) {
  return {call.operand(0).dims[0], call.operand(0).dims[1], call.operand(1).dims[0], call.precision};
}

// How threads divide the logits.
struct Grid {
  int rowParts, columnParts;
  int parts() const { return rowParts * columnParts; }
};
Grid gridOf(const Sizes& s, const ThreadPool& pool) {
  const int threads = partsFor(pool, s.N, s.V * (8 + s.H));
  const int columnParts = static_cast<int>(std::clamp<int64_t>(s.V / kColumnsOfPart, 1, threads));
  return {threads / columnParts, columnParts};
}

// logits [m,n] = x [m,H] weightᵀ for m rows and n words
Gemm logitsProduct(const Sizes& s, int64_t m, int64_t n, const float* x, const float* weight, float* logits,
                   int64_t ld) {
  Gemm g;
  g.M = m;
  g.N = n;
  g.K = s.H;
  g.a = x;
  g.lda = s.H;
  g.b = weight;
  g.ldb = s.H;
  g.transposeB = true;
  g.c = logits;
  g.ldc = ld;
  g.precision = s.precision;
  return g;
}

// dx [N,H] = dlogits weight
Gemm inputGradientProduct(const Sizes& s, const float* dlogits, const float* weight, float* dx) {
  Gemm g;
  g.M = s.N;
  g.N = s.H;
  g.K = s.V;
  g.a = dlogits;
  g.lda = s.V;
  g.b = weight;
  g.ldb = s.H;
  g.c = dx;
  g.ldc = s.H;
  g.precision = s.precision;
  return g;
}

// dweight [n,H] = dlogitsᵀ x for n words
Gemm weightGradientProduct(const Sizes& s, int64_t n, const float* dlogits, const float* x, float* dweight) {
  Gemm g;
  g.M = n;
  g.N = s.H;
  g.K = s.N;
  g.a = dlogits;
  g.lda = s.V;
  g.transposeA = true;
  g.b = x;
  g.ldb = s.H;
  g.c = dweight;
  g.ldc = s.H;
  g.precision = s.precision;
  return g;
}

void expectInputs(const char* op, const Call& call) {
  expectOperand(op, call, 0, DType::f32, 2);
  expectOperand(op, call, 1, DType::f32, 2);
  const Sizes s = sizesOf(call);
  if (call.operand(1).dims[1] != s.H) {
    refuse(op, "x " + shapeText(call.operand(0)) + " does not fit weight " + shapeText(call.operand(1)));
  }
  expectShape(op, call, 2, DType::f32, &s.V, 1, true);
  expectShape(op, call, 3, DType::i32, &s.N, 1);
}

struct ForwardScratch {
  // Of each part: its rows' largest logits so far and the sums of exp(logit - largest); of each row: the target's
  // logit.
  float* largest;
  double* sums;
  float* targetLogits;
  float* blocks;  // where logits are not kept
  int64_t partBlock;
  // On the matrix unit: x, and one block of the weight for each part.
  bool onUnit;
  matrix_unit::BFloat16 *x, *weight;
  int64_t partWeight;
  char* product;
  size_t partProduct;
  size_t bytes;

  ForwardScratch(const Call& call, const Sizes& s, const Grid& grid, bool keepsLogits) {
    ScratchLayout layout(call.scratch);
    largest = layout.floats(grid.columnParts * s.N);
    sums = layout.array<double>(grid.columnParts * s.N);
    targetLogits = layout.floats(s.N);
    const int64_t rows = std::min(s.N, kBlockRows), columns = std::min(s.V, kBlockColumns);
    partBlock = rows * columns;
    blocks = keepsLogits ? nullptr : layout.floats(grid.parts() * partBlock);
    onUnit = gemmChoice(logitsProduct(s, s.N, s.V, nullptr, nullptr, nullptr, s.V)) == GemmProvider::matrixUnit;
    const int unitParts = matrix_unit::partsOf(s.precision);
    x = nullptr;
    weight = nullptr;
    product = nullptr;
    partWeight = onUnit ? matrix_unit::packedB(columns, s.H, unitParts) : 0;
    partProduct = 0;
    if (onUnit) {
      x = layout.array<matrix_unit::BFloat16>(matrix_unit::packedA(s.N, s.H, matrix_unit::kRows, unitParts));
      weight = layout.array<matrix_unit::BFloat16>(grid.parts() * partWeight);
    } else {
      const Gemm block = logitsProduct(s, rows, columns, nullptr, nullptr, nullptr, keepsLogits ? s.V : columns);
      partProduct = static_cast<size_t>(roundUp(static_cast<int64_t>(gemmScratchBytes(block, 1)), 64));
      product = layout.array<char>(static_cast<int64_t>(partProduct) * grid.parts());
    }
    bytes = layout.used();
  }
};

size_t checkForward(const Call& call) {
  const char* op = "linearCrossEntropy";
  expectCounts(op, call, 4, 4, 0);
  expectInputs(op, call);
  const Sizes s = sizesOf(call);
  const int64_t logits[] = {s.N, s.V}, normalizers[] = {s.N, 2};
  expectResult(op, call, 0, DType::f32, &s.N, 1);
  expectResult(op, call, 1, DType::f32, nullptr, 0);
  expectResult(op, call, 2, DType::f32, normalizers, 2);
  expectResult(op, call, 3, DType::f32, logits, 2);
  const Grid grid = gridOf(s, call.pool);
  return std::max(ForwardScratch(call, s, grid, true).bytes, ForwardScratch(call, s, grid, false).bytes);
}

void packInput(const Sizes& s, const Grid& grid, const float* x, matrix_unit::BFloat16* packed, ThreadPool& pool) {
  pool.parallel(grid.parts(), [&](int part) {
    const Range own = share(s.N, matrix_unit::kRows, grid.parts(), part);
    if (own.begin == own.end) return;
    const int unitParts = matrix_unit::partsOf(s.precision);
    matrix_unit::packA(logitsProduct(s, s.N, s.V, x, nullptr, nullptr, s.V), own.begin, own.end - own.begin, 0, s.H,
                       matrix_unit::kRows, unitParts,
                       packed + matrix_unit::packedA(own.begin, s.H, matrix_unit::kRows, unitParts));
  });
}

void runForward(const Call& call) {
  const Sizes s = sizesOf(call);
  const float* x = call.operand(0).f32();
  const float* weight = call.operand(1).f32();
  const float* bias = call.operand(2).present ? call.operand(2).f32() : nullptr;
  const int32_t* targets = call.operand(3).i32();
  float* kept = call.result(3).mutableF32();
  expectTargets(call.operand(3), s.V);

  const Grid grid = gridOf(s, call.pool);
  const ForwardScratch scratch(call, s, grid, kept != nullptr);
  const ElementwiseKernels& k = elementwiseKernels();
  const int unitParts = matrix_unit::partsOf(s.precision);
  if (scratch.onUnit) packInput(s, grid, x, scratch.x, call.pool);
  call.pool.parallel(grid.parts(), [&](int part) {
    const int columnPart = part % grid.columnParts;
    const Range rows = share(s.N, matrix_unit::kRows, grid.rowParts, part / grid.columnParts);
    const Range columns = share(s.V, matrix_unit::kColumns, grid.columnParts, columnPart);
    float* largest = scratch.largest + columnPart * s.N;
    double* sums = scratch.sums + columnPart * s.N;
    std::fill(largest + rows.begin, largest + rows.end, -std::numeric_limits<float>::infinity());
    std::fill(sums + rows.begin, sums + rows.end, 0.0);
    matrix_unit::BFloat16* packed = scratch.weight + part * scratch.partWeight;
    for (int64_t n0 = columns.begin; n0 < columns.end; n0 += kBlockColumns) {
      const int64_t n = std::min(kBlockColumns, columns.end - n0);
      if (scratch.onUnit) {
        const Gemm all = logitsProduct(s, s.N, s.V, x, weight, nullptr, s.V);
        matrix_unit::packB(all, 0, s.H, n0, n, unitParts, packed);
      }
      for (int64_t m0 = rows.begin; m0 < rows.end; m0 += kBlockRows) {
        const int64_t m = std::min(kBlockRows, rows.end - m0);
        const int64_t ld = kept ? s.V : n;
        float* block = kept ? kept + m0 * s.V + n0 : scratch.blocks + part * scratch.partBlock;
        if (scratch.onUnit) {
          const matrix_unit::Panels a = matrix_unit::panelsOfA(scratch.x, s.H, matrix_unit::kRows, unitParts);
          matrix_unit::multiply(a.from(0, m0 / matrix_unit::kRows, matrix_unit::kRows, unitParts), matrix_unit::kRows,
                                matrix_unit::panelsOfB(packed, s.H, unitParts), s.H, unitParts,
                                {m, n, block, ld, nullptr, nullptr, false});
        } else {
          gemm(logitsProduct(s, m, n, x + m0 * s.H, weight + n0 * s.H, block, ld),
               scratch.product + static_cast<size_t>(part) * scratch.partProduct, call.pool);
        }
        for (int64_t row = m0; row < m0 + m; row++) {
          float* logits = block + (row - m0) * ld;
          if (bias) k.add(logits, bias + n0, logits, n);
          const int64_t target = targets[row] - n0;
          if (target >= 0 && target < n) scratch.targetLogits[row] = logits[target];
          const float most = k.maximum(logits, n);
          // Impossible words add nothing.
          if (most == -std::numeric_limits<float>::infinity()) continue;
          if (!(most <= largest[row])) {  // also for NaN, which the sum then keeps
            sums[row] *= std::exp(static_cast<double>(largest[row]) - static_cast<double>(most));
            largest[row] = most;
          }
          sums[row] += k.sumExpShifted(logits, largest[row], n);
        }
      }
    }
  });

  float* losses = call.result(0).mutableF32();
  float* normalizers = call.result(2).mutableF32();
  int64_t count = 0;
  for (int64_t row = 0; row < s.N; row++) {
    double most = scratch.largest[row], sum = scratch.sums[row];
    for (int part = 1; part < grid.columnParts; part++) {
      const double other = scratch.largest[part * s.N + row], its = scratch.sums[part * s.N + row];
      if (its == 0) continue;
      const double both = other <= most ? most : other;
      sum = (sum == 0 ? 0 : sum * std::exp(most - both)) + its * std::exp(other - both);
      most = both;
    }
    // 0 where every word is impossible: the loss is NaN then.
    if (sum == 0) sum = std::numeric_limits<double>::quiet_NaN();
    if (normalizers) {
      normalizers[2 * row] = static_cast<float>(most);
      normalizers[2 * row + 1] = static_cast<float>(sum);
    }
    const bool counts = targets[row] >= 0;
    const double below = most - static_cast<double>(scratch.targetLogits[row]);
    losses[row] = counts ? static_cast<float>(below + std::log(sum)) : 0.0f;
    count += counts;
  }
  *call.result(1).mutableF32() = static_cast<float>(count);
}

struct GradientScratch {
  // On the matrix unit: the gradients of the logits, and a piece of them for each thread before it is packed.
  std::optional<GradientTiles> tiles;
  GradientTiles::Factor input;
  int32_t* words;
  float* pieces;
  // Elsewhere they take the place of the logits.
  char* product;
  size_t partProduct;
  size_t bytes;

  static constexpr int64_t kPieceRows = 32, kPieceColumns = 512;

  GradientScratch(const Call& call, const Sizes& s, const Grid& grid) {
    ScratchLayout layout(call.scratch);
    const int threads = call.pool.threads();
    words = nullptr;
    pieces = nullptr;
    product = nullptr;
    partProduct = 0;
    const bool onUnit = gemmChoice(inputGradientProduct(s, nullptr, nullptr, nullptr)) == GemmProvider::matrixUnit;
    if (onUnit && GradientTiles::pays(s.N, s.precision) && s.V >= kColumnsOfPart) {
      const int64_t columns = roundUp(s.V, matrix_unit::kColumns);
      words = layout.ints(columns);
      tiles.emplace(GradientTiles::Sizes{1, s.N, columns}, words, threads, layout);
      tiles->placeInput(s.H, layout);
      input = tiles->placeFactor(s.H, layout);
      pieces = layout.floats(threads * kPieceRows * kPieceColumns);
    } else {
      const Gemm block = weightGradientProduct(s, std::min(s.V, kBlockColumns), nullptr, nullptr, nullptr);
      partProduct = static_cast<size_t>(roundUp(static_cast<int64_t>(gemmScratchBytes(block, 1)), 64));
      const size_t whole = std::max(gemmScratchBytes(weightGradientProduct(s, s.V, nullptr, nullptr, nullptr), threads),
                                    gemmScratchBytes(inputGradientProduct(s, nullptr, nullptr, nullptr), threads));
      product =
          layout.array<char>(static_cast<int64_t>(std::max(partProduct * static_cast<size_t>(grid.parts()), whole)));
    }
    bytes = layout.used();
  }
};

size_t checkGradient(const Call& call) {
  const char* op = "linearCrossEntropyGradient";
  expectCounts(op, call, 7, 3, 0);
  expectInputs(op, call);
  const Sizes s = sizesOf(call);
  const int64_t logits[] = {s.N, s.V}, normalizers[] = {s.N, 2};
  expectShape(op, call, 4, DType::f32, normalizers, 2);
  expectShape(op, call, 5, DType::f32, logits, 2);
  expectShape(op, call, 6, DType::f32, &s.N, 1);
  expectResultLike(op, call, 0, call.operand(0));
  expectResultLike(op, call, 1, call.operand(1));
  expectResult(op, call, 2, DType::f32, &s.V, 1);
  return GradientScratch(call, s, gridOf(s, call.pool)).bytes;
}

// The gradients of n logits of a row from word n0 on: dloss (softmax - 1 at the target). `to` may be the logits.
// normalizer: the row's largest logit, and its sum.
void logitGradients(const float* logits, const float* normalizer, int32_t target, float dloss, int64_t n0, int64_t n,
                    float* to) {
  const ElementwiseKernels& k = elementwiseKernels();
  if (target < 0) {
    std::memset(to, 0, static_cast<size_t>(n) * sizeof(float));
    return;
  }
  k.expShifted(logits, normalizer[0], to, n);
  const double sum = static_cast<double>(normalizer[1]);
  const bool here = target >= n0 && target < n0 + n;
  const double others = here ? static_cast<double>(to[target - n0]) - sum : 0;
  k.multiplyScalar(to, static_cast<float>(static_cast<double>(dloss) / sum), to, n);
  if (here) to[target - n0] = static_cast<float>(static_cast<double>(dloss) * others / sum);
}

void runGradient(const Call& call) {
  const Sizes s = sizesOf(call);
  const float* x = call.operand(0).f32();
  const float* weight = call.operand(1).f32();
  const int32_t* targets = call.operand(3).i32();
  const float* normalizers = call.operand(4).f32();
  float* logits = call.operand(5).mutableF32();
  const float* dlosses = call.operand(6).f32();
  float* dx = call.result(0).mutableF32();
  float* dweight = call.result(1).mutableF32();
  float* dbias = call.result(2).mutableF32();
  expectTargets(call.operand(3), s.V);
  const ElementwiseKernels& k = elementwiseKernels();
  const Grid grid = gridOf(s, call.pool);
  GradientScratch scratch(call, s, grid);
  if (dbias) std::memset(dbias, 0, static_cast<size_t>(s.V) * sizeof(float));

  if (scratch.tiles) {
    const GradientTiles& tiles = *scratch.tiles;
    constexpr int64_t kPieceRows = GradientScratch::kPieceRows, kPieceColumns = GradientScratch::kPieceColumns;
    const int64_t columns = roundUp(s.V, matrix_unit::kColumns);
    for (int64_t i = 0; i < columns; i++) scratch.words[i] = i < s.V ? static_cast<int32_t>(i) : -1;
    tiles.clear();
    const int threads = call.pool.threads();
    call.pool.parallel(threads, [&](int thread) {
      const Range own = share(columns, matrix_unit::kColumns, threads, thread);
      float* piece = scratch.pieces + thread * kPieceRows * kPieceColumns;
      for (int64_t n0 = own.begin; n0 < own.end; n0 += kPieceColumns) {
        const int64_t wide = std::min(kPieceColumns, own.end - n0), n = std::min(wide, s.V - n0);
        for (int64_t row = 0; row < s.N; row += kPieceRows) {
          const int64_t m = std::min(kPieceRows, s.N - row);
          for (int64_t i = 0; i < m; i++) {
            float* to = piece + i * kPieceColumns;
            logitGradients(logits + (row + i) * s.V + n0, normalizers + 2 * (row + i), targets[row + i],
                           dlosses[row + i], n0, n, to);
            std::fill(to + n, to + wide, 0.0f);
            if (dbias) k.add(dbias + n0, to, dbias + n0, n);
          }
          tiles.stage(0, row, m, n0 / kGroup, (n0 + wide) / kGroup, piece, kPieceColumns);
        }
      }
    });
    tiles.fill(scratch.input, [&](int64_t, int64_t row) { return x + row * s.H; });
    tiles.weightGradients(&scratch.input, &dweight, 1, call.pool);
    tiles.inputGradient(weight, dx, call.pool);
    return;
  }

  const auto gradients = [&](const Range& rows, int64_t n0, int64_t n) {
    for (int64_t row = rows.begin; row < rows.end; row++) {
      float* d = logits + row * s.V + n0;
      logitGradients(d, normalizers + 2 * row, targets[row], dlosses[row], n0, n, d);
    }
  };
  const auto weightGradient = [&](int64_t n0, int64_t n, char* room) {
    gemm(weightGradientProduct(s, n, logits + n0, x, dweight + n0 * s.H), room, call.pool);
  };
  const auto biasGradient = [&](int64_t n0, int64_t n) {
    for (int64_t row = 0; dbias && row < s.N; row++) k.add(dbias + n0, logits + row * s.V + n0, dbias + n0, n);
  };
  if (grid.columnParts > 1) {
    call.pool.parallel(grid.columnParts, [&](int part) {
      const Range own = share(s.V, kGroup, grid.columnParts, part);
      for (int64_t n0 = own.begin; n0 < own.end; n0 += kBlockColumns) {
        const int64_t n = std::min(kBlockColumns, own.end - n0);
        gradients({0, s.N}, n0, n);
        biasGradient(n0, n);
        weightGradient(n0, n, scratch.product + static_cast<size_t>(part) * scratch.partProduct);
      }
    });
  } else {
    call.pool.parallel(grid.rowParts, [&](int part) { gradients(share(s.N, 1, grid.rowParts, part), 0, s.V); });
    weightGradient(0, s.V, scratch.product);
    forRanges(call.pool, s.V, s.N, [&](int64_t begin, int64_t end) { biasGradient(begin, end - begin); });
  }
  gemm(inputGradientProduct(s, logits, weight, dx), scratch.product, call.pool);
}

}  // namespace

const Implementation ops::linearCrossEntropy::implementation = {checkForward, runForward};
const Implementation ops::linearCrossEntropyGradient::implementation = {checkGradient, runGradient};

}  // namespace ostinato
