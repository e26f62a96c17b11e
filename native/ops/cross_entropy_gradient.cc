// The gradient of linearCrossEntropy: from the logits that it kept, which this op uses up.
#include <cstring>

#include "kernels/elementwise.h"
#include "ops/data_checks.h"
#include "ops/gradient_tiles.h"
#include "ops/logits.h"
#include "ops/manifest.h"
#include "ops/scratch_layout.h"
#include "products/provider.h"

namespace ostinato {
namespace {

using op = ops::linearCrossEntropyGradient;

// Operands and results of both ways to make the gradients.
struct Values {
  const float *x, *weight, *normalizers, *dlosses;
  const int32_t* targets;
  float *logits, *dx, *dweight, *dbias;

  explicit Values(const Call& call)
      : x(call.operand(op::x).f32()),
        weight(call.operand(op::weight).f32()),
        normalizers(call.operand(op::normalizers).f32()),
        dlosses(call.operand(op::dlosses).f32()),
        targets(call.operand(op::targets).i32()),
        logits(call.operand(op::logits).mutableF32()),
        dx(call.result(op::dx).mutableF32()),
        dweight(call.result(op::dweight).mutableF32()),
        dbias(call.result(op::dbias).mutableF32()) {}

  // The gradients of n logits of a row from word n0 on: dloss (softmax - 1 at the target). `to` may be the logits.
  void logitGradients(const LogitSizes& s, int64_t row, int64_t n0, int64_t n, float* to) const {
    const ElementwiseKernels& k = elementwiseKernels();
    const int32_t target = targets[row];
    if (target < 0) {
      std::memset(to, 0, static_cast<size_t>(n) * sizeof(float));
      return;
    }
    k.expShifted(logits + row * s.V + n0, normalizers[2 * row], to, n);
    const double dloss = static_cast<double>(dlosses[row]), sum = static_cast<double>(normalizers[2 * row + 1]);
    const bool here = target >= n0 && target < n0 + n;
    const double others = here ? static_cast<double>(to[target - n0]) - sum : 0;
    k.multiplyScalar(to, static_cast<float>(dloss / sum), to, n);
    if (here) to[target - n0] = static_cast<float>(dloss * others / sum);
  }
  // dbias += n gradients, unless nobody reads it.
  void addToBias(const float* gradients, int64_t n0, int64_t n) const {
    if (dbias) elementwiseKernels().add(dbias + n0, gradients, dbias + n0, n);
  }
};

// The gradients of the logits take the place of the logits.
class PlainGradients {
 public:
  PlainGradients(const Call& call, const LogitSizes& s, ScratchLayout& layout) : s_(s), grid_(s, call.pool) {
    const int threads = call.pool.threads();
    const auto bytes = [](const Gemm& g, int on) { return static_cast<int64_t>(gemmScratchBytes(g, on)); };
    const auto weight = [&](int64_t n) { return weightGradientProduct(s, n, nullptr, nullptr, nullptr); };
    partBytes_ = roundUp(bytes(weight(std::min(s.V, kLogitColumns)), 1), 64);
    scratch_ = layout.array<char>(std::max({partBytes_ * grid_.parts(), bytes(weight(s.V), threads),
                                            bytes(inputGradientProduct(s, nullptr, nullptr, nullptr), threads)}));
  }

  void run(const Values& v, ThreadPool& pool) const {
    if (grid_.columnParts > 1) {
      pool.parallel(grid_.columnParts, [&](int part) {
        const Range own = share(s_.V, kGroup, grid_.columnParts, part);
        for (int64_t n0 = own.begin; n0 < own.end; n0 += kLogitColumns) {
          const int64_t n = std::min(kLogitColumns, own.end - n0);
          logitGradients(v, {0, s_.N}, n0, n);
          biasGradient(v, n0, n);
          weightGradient(v, n0, n, scratch_ + part * partBytes_, pool);
        }
      });
    } else {
      pool.parallel(grid_.rowParts,
                    [&](int part) { logitGradients(v, share(s_.N, 1, grid_.rowParts, part), 0, s_.V); });
      weightGradient(v, 0, s_.V, scratch_, pool);
      forRanges(pool, s_.V, s_.N, [&](int64_t begin, int64_t end) { biasGradient(v, begin, end - begin); });
    }
    gemm(inputGradientProduct(s_, v.logits, v.weight, v.dx), scratch_, pool);
  }

 private:
  void logitGradients(const Values& v, const Range& rows, int64_t n0, int64_t n) const {
    for (int64_t row = rows.begin; row < rows.end; row++) {
      v.logitGradients(s_, row, n0, n, v.logits + row * s_.V + n0);
    }
  }
  void biasGradient(const Values& v, int64_t n0, int64_t n) const {
    for (int64_t row = 0; row < s_.N; row++) v.addToBias(v.logits + row * s_.V + n0, n0, n);
  }
  void weightGradient(const Values& v, int64_t n0, int64_t n, char* scratch, ThreadPool& pool) const {
    gemm(weightGradientProduct(s_, n, v.logits + n0, v.x, v.dweight + n0 * s_.H), scratch, pool);
  }

  const LogitSizes& s_;
  LogitGrid grid_;
  int64_t partBytes_;
  char* scratch_;
};

// The gradients of the logits are packed piece by piece, for all products that follow.
class TiledGradients {
 public:
  // The packing for them; null where they do not pay.
  static const Packing* packingFor(const LogitSizes& s) {
    const Provider& provider = providerOf(inputGradientProduct(s, nullptr, nullptr, nullptr));
    const Packing* packing = provider.packing(s.precision);
    return packing && GradientTiles::pays(s.N, *packing) && s.V >= kLogitColumnsOfPart ? packing : nullptr;
  }

  TiledGradients(const Packing& packing, const Call& call, const LogitSizes& s, ScratchLayout& layout)
      : s_(s),
        threads_(call.pool.threads()),
        columns_(roundUp(s.V, packing.panelColumns)),
        words_(layout.ints(columns_)),
        tiles_(packing, {.steps = 1, .rowsPerStep = s.N, .columns = columns_}, words_, threads_, layout) {
    tiles_.placeInput(s.H, layout);
    input_ = tiles_.placeFactor(s.H, layout);
    pieces_ = layout.floats(threads_ * kPieceRows * kPieceColumns);
  }

  void run(const Values& v, ThreadPool& pool) const {
    for (int64_t i = 0; i < columns_; i++) words_[i] = i < s_.V ? static_cast<int32_t>(i) : -1;
    tiles_.clear();
    pool.parallel(threads_, [&](int thread) {
      const Range own = share(columns_, tiles_.panelColumns(), threads_, thread);
      for (int64_t n0 = own.begin; n0 < own.end; n0 += kPieceColumns) {
        const int64_t wide = std::min(kPieceColumns, own.end - n0);
        for (int64_t row = 0; row < s_.N; row += kPieceRows) {
          stage(v, row, std::min(kPieceRows, s_.N - row), n0, wide, pieces_ + thread * kPieceRows * kPieceColumns);
        }
      }
    });
    tiles_.fill(input_, [&](int64_t, int64_t row) { return v.x + row * s_.H; });
    tiles_.weightGradients(&input_, &v.dweight, 1, pool);
    tiles_.inputGradient(v.weight, v.dx, pool);
  }

 private:
  static constexpr int64_t kPieceRows = 32, kPieceColumns = 512;

  // m rows of `wide` columns, of which those past the vocabulary are zeros.
  void stage(const Values& v, int64_t row, int64_t m, int64_t n0, int64_t wide, float* piece) const {
    const int64_t n = std::min(wide, s_.V - n0);
    for (int64_t i = 0; i < m; i++) {
      float* to = piece + i * kPieceColumns;
      v.logitGradients(s_, row + i, n0, n, to);
      std::fill(to + n, to + wide, 0.0f);
      v.addToBias(to, n0, n);
    }
    tiles_.stage(0, row, m, n0 / kGroup, (n0 + wide) / kGroup, piece, kPieceColumns);
  }

  const LogitSizes& s_;
  int threads_;
  int64_t columns_;
  int32_t* words_;
  GradientTiles tiles_;
  GradientTiles::Factor input_;
  float* pieces_;
};

// Calls f with the gradients that serve these sizes. Bytes of their scratch.
template <class F>
size_t withGradients(const Call& call, const LogitSizes& s, const F& f) {
  ScratchLayout layout(call.scratch);
  if (const Packing* packing = TiledGradients::packingFor(s)) {
    f(TiledGradients(*packing, call, s, layout));
  } else {
    f(PlainGradients(call, s, layout));
  }
  return layout.used();
}

size_t check(const Call& call) {
  expectLogitInputs(call);
  const LogitSizes s(call, op::x, op::weight);
  const int64_t logits[] = {s.N, s.V}, normalizers[] = {s.N, 2};
  expectShape(call, op::normalizers, DType::f32, normalizers, 2);
  expectShape(call, op::logits, DType::f32, logits, 2);
  expectShape(call, op::dlosses, DType::f32, &s.N, 1);
  expectResultLike(call, op::dx, call.operand(op::x));
  expectResultLike(call, op::dweight, call.operand(op::weight));
  expectResult(call, op::dbias, DType::f32, &s.V, 1);
  return withGradients(call, s, [](const auto&) {});
}

void run(const Call& call) {
  const LogitSizes s(call, op::x, op::weight);
  const Values values(call);
  expectTargets(call.operand(op::targets), s.V);
  if (values.dbias) std::memset(values.dbias, 0, static_cast<size_t>(s.V) * sizeof(float));
  withGradients(call, s, [&](const auto& gradients) { gradients.run(values, call.pool); });
}

}  // namespace

const Implementation ops::linearCrossEntropyGradient::implementation = {check, run};

}  // namespace ostinato
