#include "kernels/word_vectors.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/word_vectors.cc"
#include "kernels/tiers.h"

#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/vector_math-inl.h"

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace ostinato {
namespace HWY_NAMESPACE {
namespace word_vectors {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, 16>;
using Floats = hn::Vec<Tag>;
constexpr Tag kTag;

HWY_INLINE int64_t lanes() { return static_cast<int64_t>(hn::Lanes(kTag)); }

// The first n floats, then zeros; nothing past them is touched, as it may be no memory of ours.
HWY_INLINE Floats loadFirst(const float* row, int64_t n) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(kTag, static_cast<size_t>(n)), kTag, row);
#else
  alignas(64) float line[16] = {};
  for (int64_t i = 0; i < n; i++) line[i] = row[i];
  return hn::Load(kTag, line);
#endif
}

HWY_INLINE void storeFirst(Floats x, float* row, int64_t n) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  hn::BlendedStore(x, hn::FirstN(kTag, static_cast<size_t>(n)), kTag, row);
#else
  alignas(64) float line[16];
  hn::Store(x, kTag, line);
  for (int64_t i = 0; i < n; i++) row[i] = line[i];
#endif
}

// row[e..], zeros past E.
HWY_INLINE Floats load(const float* row, int64_t e, int64_t E) {
  return e + lanes() <= E ? hn::LoadU(kTag, row + e) : loadFirst(row + e, E - e);
}

// The sums of four vectors, four floats, in fewer shuffles than one sum after the other.
HWY_INLINE void storeSums(Floats a, Floats b, Floats c, Floats d, float* sums) {
#if HWY_TARGET == HWY_SCALAR
  sums[0] = hn::GetLane(a), sums[1] = hn::GetLane(b), sums[2] = hn::GetLane(c), sums[3] = hn::GetLane(d);
#else
  const hn::RepartitionToWide<Tag> wide;
  const Floats ab = hn::Add(hn::InterleaveLower(kTag, a, b), hn::InterleaveUpper(kTag, a, b));
  const Floats cd = hn::Add(hn::InterleaveLower(kTag, c, d), hn::InterleaveUpper(kTag, c, d));
  const auto lower = hn::InterleaveLower(wide, hn::BitCast(wide, ab), hn::BitCast(wide, cd));
  const auto upper = hn::InterleaveUpper(wide, hn::BitCast(wide, ab), hn::BitCast(wide, cd));
  // Each block of four lanes holds a share of the four sums.
  const Floats shares = hn::Add(hn::BitCast(kTag, lower), hn::BitCast(kTag, upper));
  alignas(64) float blocks[16];
  hn::Store(shares, kTag, blocks);
  const hn::CappedTag<float, 4> four;
  auto sum = hn::Load(four, blocks);
  for (int64_t i = 4; i < lanes(); i += 4) sum = hn::Add(sum, hn::Load(four, blocks + i));
  hn::StoreU(sum, four, sums);
#endif
}

// Scores of four contexts and NR rows.
template <int NR>
HWY_INLINE void fourContexts(const WordWindow& w, const float* const* x, int64_t r, float* scores, int64_t width) {
  Floats sums[NR][4];
  for (int i = 0; i < NR; i++) {
    for (int c = 0; c < 4; c++) sums[i][c] = hn::Zero(kTag);
  }
  for (int64_t e = 0; e < w.E; e += lanes()) {
    Floats y[NR];
    for (int i = 0; i < NR; i++) y[i] = load(w.y[r + i], e, w.E);
    for (int c = 0; c < 4; c++) {
      const Floats own = load(x[c], e, w.E);
      for (int i = 0; i < NR; i++) sums[i][c] = hn::MulAdd(own, y[i], sums[i][c]);
    }
  }
  for (int i = 0; i < NR; i++) storeSums(sums[i][0], sums[i][1], sums[i][2], sums[i][3], scores + i * width);
}

// Scores of one context and NR rows from r on.
template <int NR>
HWY_INLINE void oneContext(const WordWindow& w, const float* x, int64_t r, float* scores, int64_t width) {
  Floats sums[8];
  for (int i = 0; i < 8; i++) sums[i] = hn::Zero(kTag);
  const float* const* y = w.y + r;
  for (int64_t e = 0; e < w.E; e += lanes()) {
    const Floats own = load(x, e, w.E);
    for (int i = 0; i < NR; i++) sums[i] = hn::MulAdd(own, load(y[i], e, w.E), sums[i]);
  }
  float all[8];
  storeSums(sums[0], sums[1], sums[2], sums[3], all);
  if (NR > 4) storeSums(sums[4], sums[5], sums[6], sums[7], all + 4);
  for (int i = 0; i < NR; i++) scores[i * width] = all[i];
}

// scores[r * width + c]
HWY_INLINE void scoresOf(const WordWindow& w, int64_t width) {
  int64_t c = 0;
  for (; c + 4 <= w.C; c += 4) {
    int64_t r = 0;
    for (; r + 3 <= w.R; r += 3) fourContexts<3>(w, w.x + c, r, w.scores + r * width + c, width);
    if (w.R - r == 2) fourContexts<2>(w, w.x + c, r, w.scores + r * width + c, width);
    if (w.R - r == 1) fourContexts<1>(w, w.x + c, r, w.scores + r * width + c, width);
  }
  for (; c < w.C; c++) {
    int64_t r = 0;
    // Six are the word and the five that negative sampling draws by default.
    for (; r + 6 <= w.R; r += 6) oneContext<6>(w, w.x[c], r, w.scores + r * width + c, width);
    if (r + 4 <= w.R) {
      oneContext<4>(w, w.x[c], r, w.scores + r * width + c, width);
      r += 4;
    }
    for (; r < w.R; r++) oneContext<1>(w, w.x[c], r, w.scores + r * width + c, width);
  }
}

// Scores become slopes. Returns the loss.
HWY_INLINE double slopesOf(const WordWindow& w, int64_t width) {
  // Below this the loss is the score itself, while the sigmoid would soon leave the range of float.
  constexpr float kLeast = -80;
  const int64_t n = w.R * width;
  double loss = 0, product = 1;
  for (int64_t r = 0; r < w.R; r++) {
    float* row = w.scores + r * width;
    for (int64_t c = 0; c < w.C; c++) {
      row[c] *= w.signs[r];
      if (row[c] < kLeast) {
        loss += static_cast<double>(kLeast) - static_cast<double>(row[c]);
        row[c] = kLeast;
      }
    }
    for (int64_t c = w.C; c < width; c++) row[c] = 0;
  }
  for (int64_t i = 0; i < n; i += lanes()) {
    hn::Store(vector_math::sigmoid(kTag, hn::Load(kTag, w.scores + i)), kTag, w.scores + i);
  }
  // The logarithm of a product of as many factors as a double holds.
  for (int64_t r = 0; r < w.R; r++) {
    float* row = w.scores + r * width;
    for (int64_t c = 0; c < w.C; c++) {
      product *= static_cast<double>(row[c]);
      if (product < 1e-200) {
        loss -= std::log(product);
        product = 1;
      }
      row[c] = w.signs[r] * (row[c] - 1);
    }
  }
  return loss - std::log(product);
}

// N targets: target i = sum over j of factors[i * across + j * along] sources[j].
template <int N>
HWY_INLINE void combine(const float* const* sources, int64_t n, const float* factors, int64_t across, int64_t along,
                        float* targets, int64_t stride, int64_t E) {
  for (int64_t e = 0; e < E; e += lanes()) {
    Floats sums[N];
    for (int i = 0; i < N; i++) sums[i] = hn::Zero(kTag);
    for (int64_t j = 0; j < n; j++) {
      const Floats source = load(sources[j], e, E);
      for (int i = 0; i < N; i++) {
        sums[i] = hn::MulAdd(hn::Set(kTag, factors[i * across + j * along]), source, sums[i]);
      }
    }
    for (int i = 0; i < N; i++) hn::Store(sums[i], kTag, targets + i * stride + e);
  }
}

// The same for one target: some vectors at a time, so that each factor and each address serves all of them.
HWY_INLINE void combineOne(const float* const* sources, int64_t n, const float* factors, int64_t along, float* target,
                           int64_t E) {
  constexpr int kSpan = 4;
  const int64_t L = lanes();
  int64_t e = 0;
  for (; e + kSpan * L <= E; e += kSpan * L) {
    Floats sums[kSpan];
    for (int i = 0; i < kSpan; i++) sums[i] = hn::Zero(kTag);
    for (int64_t j = 0; j < n; j++) {
      const Floats factor = hn::Set(kTag, factors[j * along]);
      for (int i = 0; i < kSpan; i++) sums[i] = hn::MulAdd(factor, hn::LoadU(kTag, sources[j] + e + i * L), sums[i]);
    }
    for (int i = 0; i < kSpan; i++) hn::Store(sums[i], kTag, target + e + i * L);
  }
  for (; e < E; e += L) {
    Floats sum = hn::Zero(kTag);
    for (int64_t j = 0; j < n; j++) sum = hn::MulAdd(hn::Set(kTag, factors[j * along]), load(sources[j], e, E), sum);
    hn::Store(sum, kTag, target + e);
  }
}

HWY_INLINE void combineAll(const float* const* sources, int64_t n, const float* factors, int64_t across, int64_t along,
                           float* targets, int64_t count, int64_t stride, int64_t E) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    combine<4>(sources, n, factors + i * across, across, along, targets + i * stride, stride, E);
  for (; i + 2 <= count; i += 2)
    combine<2>(sources, n, factors + i * across, across, along, targets + i * stride, stride, E);
  for (; i < count; i++) combineOne(sources, n, factors + i * across, along, targets + i * stride, E);
}

HWY_NOINLINE void prefetch(float* const* rows, int64_t n, int64_t E) {
  constexpr int64_t kLine = 16;
  for (int64_t i = 0; i < n; i++) {
    for (int64_t e = 0; e < E; e += kLine) hwy::Prefetch(rows[i] + e);
  }
}

HWY_NOINLINE double window(const WordWindow& w) {
  const int64_t width = scoreWidth(w.C);
  scoresOf(w, width);
  const double loss = slopesOf(w, width);
  if (!w.dx) return loss;
  combineAll(w.y, w.R, w.scores, 1, width, w.dx, w.C, w.stride, w.E);
  if (w.dy) combineAll(w.x, w.C, w.scores, width, 1, w.dy, w.R, w.stride, w.E);
  return loss;
}

HWY_NOINLINE void mean(const float* const* rows, int64_t n, float* y, int64_t E) {
  constexpr int kSpan = 4;
  const int64_t L = lanes();
  const Floats share = hn::Set(kTag, 1.0f / static_cast<float>(n));
  int64_t e = 0;
  for (; e + kSpan * L <= E; e += kSpan * L) {
    Floats sums[kSpan];
    for (int i = 0; i < kSpan; i++) sums[i] = hn::Zero(kTag);
    for (int64_t j = 0; j < n; j++) {
      for (int i = 0; i < kSpan; i++) sums[i] = hn::Add(sums[i], hn::LoadU(kTag, rows[j] + e + i * L));
    }
    for (int i = 0; i < kSpan; i++) hn::Store(hn::Mul(sums[i], share), kTag, y + e + i * L);
  }
  for (; e < E; e += L) {
    Floats sum = hn::Zero(kTag);
    for (int64_t i = 0; i < n; i++) sum = hn::Add(sum, load(rows[i], e, E));
    hn::Store(hn::Mul(sum, share), kTag, y + e);
  }
}

HWY_NOINLINE void update(const RowUpdate* updates, int64_t n, float rate, int64_t begin, int64_t end) {
  for (int64_t i = 0; i < n; i++) {
    float* row = updates[i].row;
    const float* values = updates[i].values;
    const Floats factor = hn::Set(kTag, rate * updates[i].factor);
    int64_t e = begin;
    for (; e + lanes() <= end; e += lanes()) {
      hn::StoreU(hn::MulAdd(factor, hn::LoadU(kTag, values + e), hn::LoadU(kTag, row + e)), kTag, row + e);
    }
    if (e == end) continue;
    storeFirst(hn::MulAdd(factor, loadFirst(values + e, end - e), loadFirst(row + e, end - e)), row + e, end - e);
  }
}

}  // namespace word_vectors

const WordVectorKernels kWordVectorKernels = {word_vectors::prefetch, word_vectors::window, word_vectors::mean,
                                              word_vectors::update};

}  // namespace HWY_NAMESPACE
}  // namespace ostinato
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace ostinato {

const WordVectorKernels& wordVectorKernels() { return OSTINATO_TIER_TABLE(kWordVectorKernels); }

}  // namespace ostinato
#endif
