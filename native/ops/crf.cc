// A conditional random field's losses, their gradient, its marginals, and its best sequences. Sequences are dealt out
// to the threads; a sequence of length 0 has loss 0 and no tags.
//
//   emissions    [T,B,C]  in
//   transitions  [C+2,C]  in: kernels/crf.h
//   tags         i32 [T,B] in: past the lengths they are not read
//   lengths      i32 [B]  in: each in 0..T
#include "kernels/crf.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"
#include "ops/scratch_layout.h"

namespace ostinato {
namespace {

using namespace ops;

struct Sizes {
  int64_t T, B, C;
  int parts;
};

// Emissions and transitions are the first operands of all four ops.
Sizes checkedSizes(const Call& call, int lengths) {
  expectOperand(call, crf::emissions, DType::f32, 3);
  const TensorView& emissions = call.operand(crf::emissions);
  Sizes s{emissions.dims[0], emissions.dims[1], emissions.dims[2], 1};
  const int64_t transitions[] = {s.C + 2, s.C};
  expectShape(call, crf::transitions, DType::f32, transitions, 2);
  expectShape(call, lengths, DType::i32, &s.B, 1);
  // Tags are also counted in floats, exactly.
  if (s.C > (1 << 20)) refuse(call, "more than 1048576 tags");
  s.parts = partsFor(call.pool, s.B, 4 * s.T * s.C * s.C);
  return s;
}

CrfSequence sequenceOf(const Call& call, const Sizes& s, int64_t b, int64_t length) {
  return {length, s.C, call.operand(crf::emissions).f32() + b * s.C, s.B * s.C, call.operand(crf::transitions).f32()};
}

// Calls f(part, b) for every sequence; those of a part one after the other, on one thread.
template <class F>
void forSequences(const Call& call, const Sizes& s, const F& f) {
  call.pool.parallel(s.parts, [&](int part) {
    const int64_t end = s.B * (part + 1) / s.parts;
    for (int64_t b = s.B * part / s.parts; b < end; b++) f(part, b);
  });
}

void clearPadding(const Sizes& s, int64_t b, int64_t length, float* rows) {
  for (int64_t t = length; t < s.T; t++) std::fill_n(rows + (t * s.B + b) * s.C, s.C, 0.0f);
}

void expectTags(const Call& call, const Sizes& s, int operand, const int32_t* lengths) {
  const int32_t* tags = call.operand(operand).i32();
  for (int64_t b = 0; b < s.B; b++) {
    for (int64_t t = 0; t < lengths[b]; t++) {
      const int32_t tag = tags[t * s.B + b];
      if (tag >= 0 && tag < s.C) continue;
      throw InputError("tag " + std::to_string(tag) + " of row " + std::to_string(b) + ", step " + std::to_string(t) +
                       ", is none of the " + std::to_string(s.C) + " tags");
    }
  }
}

// ---- losses ----

size_t scratchBytes(const Sizes& s) {
  return static_cast<size_t>(s.parts) * static_cast<size_t>(crfScratchFloats(s.C)) * sizeof(float);
}

float* scratchOf(const Call& call, const Sizes& s, int part) {
  return static_cast<float*>(call.scratch) + part * crfScratchFloats(s.C);
}

size_t checkCrf(const Call& call) {
  const Sizes s = checkedSizes(call, crf::lengths);
  const int64_t tags[] = {s.T, s.B};
  expectShape(call, crf::tags, DType::i32, tags, 2);
  expectResult(call, crf::losses, DType::f32, &s.B, 1);
  expectResultLike(call, crf::alphas, call.operand(crf::emissions));
  return scratchBytes(s);
}

double scoreOf(const CrfSequence& q, const int32_t* tags, int64_t stride) {
  const float *start = q.transitions + q.C * q.C, *end = start + q.C;
  double score = start[tags[0]];
  for (int64_t t = 0; t < q.T; t++) {
    const int32_t tag = tags[t * stride];
    score += q.emissions[t * q.stride + tag];
    score += t + 1 < q.T ? q.transitions[tag * q.C + tags[(t + 1) * stride]] : end[tag];
  }
  return score;
}

void runCrf(const Call& call) {
  const Sizes s = checkedSizes(call, crf::lengths);
  const int32_t* lengths = checkedLengths(call.operand(crf::lengths), s.T, "the number of steps");
  expectTags(call, s, crf::tags, lengths);
  const int32_t* tags = call.operand(crf::tags).i32();
  float *losses = call.result(crf::losses).mutableF32(), *alphas = call.result(crf::alphas).mutableF32();
  const CrfKernels& k = crfKernels();
  forSequences(call, s, [&](int part, int64_t b) {
    const CrfSequence q = sequenceOf(call, s, b, lengths[b]);
    if (alphas) clearPadding(s, b, q.T, alphas);
    if (q.T == 0) {
      losses[b] = 0;
      return;
    }
    const double all = k.forward(q, alphas ? alphas + b * s.C : nullptr, scratchOf(call, s, part));
    losses[b] = static_cast<float>(all - scoreOf(q, tags + b, s.B));
  });
}

// ---- gradient ----

// A thread's scratch, and its own sum of the gradients of the transitions.
struct GradientScratch {
  float *kernel, *dtransitions;
};

GradientScratch gradientScratch(const Sizes& s, void* base, int part, size_t* used = nullptr) {
  ScratchLayout layout(base);
  GradientScratch own{};
  for (int p = 0; p <= part; p++) {
    own.kernel = layout.floats(crfScratchFloats(s.C));
    own.dtransitions = layout.floats((s.C + 2) * s.C);
  }
  if (used) *used = layout.used();
  return own;
}

size_t checkCrfGradient(const Call& call) {
  const Sizes s = checkedSizes(call, crfGradient::lengths);
  const int64_t tags[] = {s.T, s.B};
  const TensorView& emissions = call.operand(crfGradient::emissions);
  expectShape(call, crfGradient::tags, DType::i32, tags, 2);
  expectShape(call, crfGradient::alphas, DType::f32, emissions.dims, 3);
  expectShape(call, crfGradient::dlosses, DType::f32, &s.B, 1);
  expectResultLike(call, crfGradient::demissions, emissions);
  expectResultLike(call, crfGradient::dtransitions, call.operand(crfGradient::transitions));
  size_t bytes = 0;
  gradientScratch(s, nullptr, s.parts - 1, &bytes);
  return bytes;
}

void runCrfGradient(const Call& call) {
  const Sizes s = checkedSizes(call, crfGradient::lengths);
  const int32_t* lengths = checkedLengths(call.operand(crfGradient::lengths), s.T, "the number of steps");
  expectTags(call, s, crfGradient::tags, lengths);
  const int32_t* tags = call.operand(crfGradient::tags).i32();
  const float *alphas = call.operand(crfGradient::alphas).f32(), *dlosses = call.operand(crfGradient::dlosses).f32();
  float* demissions = call.result(crfGradient::demissions).mutableF32();
  float* dtransitions = call.result(crfGradient::dtransitions).mutableF32();
  const CrfKernels& k = crfKernels();
  const int64_t C = s.C, weights = (C + 2) * C;
  for (int p = 0; p < s.parts; p++) std::fill_n(gradientScratch(s, call.scratch, p).dtransitions, weights, 0.0f);
  forSequences(call, s, [&](int part, int64_t b) {
    const GradientScratch own = gradientScratch(s, call.scratch, part);
    const CrfSequence q = sequenceOf(call, s, b, lengths[b]);
    clearPadding(s, b, q.T, demissions);
    if (q.T == 0) return;
    const float weight = dlosses[b];
    float* rows = demissions + b * C;
    k.marginals(q, alphas + b * C, rows, weight, own.dtransitions, own.kernel);
    for (int64_t t = 0; t < q.T; t++) {
      float* row = rows + t * q.stride;
      const int32_t tag = tags[t * s.B + b];
      for (int64_t j = 0; j < C; j++) row[j] *= weight;
      row[tag] -= weight;
      if (t + 1 < q.T) own.dtransitions[tag * C + tags[(t + 1) * s.B + b]] -= weight;
    }
    for (int64_t j = 0; j < C; j++) {
      own.dtransitions[C * C + j] += rows[j];
      own.dtransitions[(C + 1) * C + j] += rows[(q.T - 1) * q.stride + j];
    }
  });
  std::fill_n(dtransitions, weights, 0.0f);
  for (int p = 0; p < s.parts; p++) {
    const float* part = gradientScratch(s, call.scratch, p).dtransitions;
    for (int64_t i = 0; i < weights; i++) dtransitions[i] += part[i];
  }
}

// ---- marginals ----

size_t checkCrfMarginals(const Call& call) {
  const Sizes s = checkedSizes(call, crfMarginals::lengths);
  expectResultLike(call, crfMarginals::probabilities, call.operand(crfMarginals::emissions));
  expectResult(call, crfMarginals::normalizers, DType::f32, &s.B, 1);
  return scratchBytes(s);
}

void runCrfMarginals(const Call& call) {
  const Sizes s = checkedSizes(call, crfMarginals::lengths);
  const int32_t* lengths = checkedLengths(call.operand(crfMarginals::lengths), s.T, "the number of steps");
  float* probabilities = call.result(crfMarginals::probabilities).mutableF32();
  float* normalizers = call.result(crfMarginals::normalizers).mutableF32();
  const CrfKernels& k = crfKernels();
  forSequences(call, s, [&](int part, int64_t b) {
    const CrfSequence q = sequenceOf(call, s, b, lengths[b]);
    clearPadding(s, b, q.T, probabilities);
    normalizers[b] = 0;
    if (q.T == 0) return;
    float *rows = probabilities + b * s.C, *scratch = scratchOf(call, s, part);
    normalizers[b] = static_cast<float>(k.forward(q, rows, scratch));
    k.marginals(q, rows, rows, 0, nullptr, scratch);
  });
}

// ---- paths ----

// A thread's memory for the best sequences: for K = 1 the kernel's, else the K best ways into each tag.
struct PathScratch {
  float *kernel, *before, *next;
  int32_t* back;  // [T,C,K]: tag * K + rank of the way that is continued, or -1
};

PathScratch pathScratch(const Sizes& s, int64_t K, void* base, int part, size_t* used = nullptr) {
  ScratchLayout layout(base);
  PathScratch own{};
  for (int p = 0; p <= part; p++) {
    own.kernel = layout.floats(crfScratchFloats(s.C));
    own.before = layout.floats(s.C * K);
    own.next = layout.floats(s.C * K);
    own.back = layout.ints(s.T * s.C * K);
  }
  if (used) *used = layout.used();
  return own;
}

size_t checkCrfPaths(const Call& call) {
  const Sizes s = checkedSizes(call, crfPaths::lengths);
  const int64_t K = expectInteger(call, crfPaths::K, 1, 1000);
  const int64_t tags[] = {K, s.T, s.B}, scores[] = {K, s.B};
  expectResult(call, crfPaths::tags, DType::i32, tags, 3);
  expectResult(call, crfPaths::scores, DType::f32, scores, 2);
  size_t bytes = 0;
  pathScratch(s, K, nullptr, s.parts - 1, &bytes);
  return bytes;
}

constexpr float kNone = -std::numeric_limits<float>::infinity();

// Puts a way into a list of the K best, best first; of equal ones the earlier stays ahead.
void insert(float* scores, int32_t* origins, int64_t K, float score, int32_t origin) {
  if (!(score > scores[K - 1])) return;
  int64_t k = K - 1;
  for (; k > 0 && score > scores[k - 1]; k--) {
    scores[k] = scores[k - 1];
    origins[k] = origins[k - 1];
  }
  scores[k] = score;
  origins[k] = origin;
}

// The K best sequences of one; `ended` [K] and `origins` [K] are scratch.
void severalPaths(const CrfSequence& q, int64_t K, const PathScratch& own, int32_t* tags, int64_t tagStride,
                  int64_t pathStride, float* scores, int64_t scoreStride) {
  const int64_t C = q.C;
  const float *start = q.transitions + C * C, *end = start + C;
  float *before = own.before, *next = own.next;
  std::fill_n(before, C * K, kNone);
  for (int64_t j = 0; j < C; j++) before[j * K] = start[j] + q.emissions[j];
  for (int64_t t = 1; t < q.T; t++) {
    std::fill_n(next, C * K, kNone);
    int32_t* back = own.back + t * C * K;
    std::fill_n(back, C * K, -1);
    for (int64_t j = 0; j < C; j++) {
      for (int64_t way = 0; way < C * K; way++) {
        if (before[way] == kNone) continue;
        insert(next + j * K, back + j * K, K, before[way] + q.transitions[way / K * C + j], static_cast<int32_t>(way));
      }
      for (int64_t k = 0; k < K; k++) next[j * K + k] += q.emissions[t * q.stride + j];
    }
    std::swap(before, next);
  }
  // The list of ends takes the place of the ways that are no longer needed.
  float* ended = next;
  int32_t* origins = own.back;  // of step 0, which has none
  std::fill_n(ended, K, kNone);
  std::fill_n(origins, K, -1);
  for (int64_t way = 0; way < C * K; way++) {
    if (before[way] != kNone) insert(ended, origins, K, before[way] + end[way / K], static_cast<int32_t>(way));
  }
  for (int64_t k = 0; k < K && origins[k] >= 0; k++) {
    scores[k * scoreStride] = ended[k];
    int64_t way = origins[k];
    for (int64_t t = q.T - 1; t >= 0; t--) {
      tags[k * pathStride + t * tagStride] = static_cast<int32_t>(way / K);
      if (t > 0) way = own.back[t * C * K + way];
    }
  }
}

void runCrfPaths(const Call& call) {
  const Sizes s = checkedSizes(call, crfPaths::lengths);
  const int64_t K = call.integer(crfPaths::K);
  const int32_t* lengths = checkedLengths(call.operand(crfPaths::lengths), s.T, "the number of steps");
  int32_t* tags = call.result(crfPaths::tags).mutableI32();
  float* scores = call.result(crfPaths::scores).mutableF32();
  std::fill_n(tags, K * s.T * s.B, -1);
  std::fill_n(scores, K * s.B, kNone);
  const CrfKernels& k = crfKernels();
  forSequences(call, s, [&](int part, int64_t b) {
    const CrfSequence q = sequenceOf(call, s, b, lengths[b]);
    const PathScratch own = pathScratch(s, K, call.scratch, part);
    if (q.T == 0) {
      scores[b] = 0;
    } else if (K == 1) {
      scores[b] = k.best(q, tags + b, s.B, own.back, own.kernel);
    } else {
      severalPaths(q, K, own, tags + b, s.B, s.T * s.B, scores + b, s.B);
    }
  });
}

}  // namespace

const Implementation ops::crf::implementation = {checkCrf, runCrf};
const Implementation ops::crfGradient::implementation = {checkCrfGradient, runCrfGradient};
const Implementation ops::crfMarginals::implementation = {checkCrfMarginals, runCrfMarginals};
const Implementation ops::crfPaths::implementation = {checkCrfPaths, runCrfPaths};

}  // namespace ostinato
