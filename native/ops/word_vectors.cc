// Word vectors: the loss of windows of word2vec (Mikolov et al. 2013), and steps of gradient descent on it.
//
// How threads share a step. The usual trainers let threads write to one table without locks (Recht et al. 2011):
// results differ from run to run, and in C++ it is undefined. Here the words of the text come in blocks. In the first
// half of a block threads share its windows: each reads the tables, which nobody changes, and writes its gradients to a
// place of its own. In the second half threads share the columns of the tables, each adding all gradients to its own in
// the order of the text. A result therefore depends neither on the number of threads nor on chance, needs no copy of
// the tables, and is the gradient of the sum over the block to the last bit. The price is a second pass over the
// gradients, which are still in the cache, and two meetings of the threads for each block.
#include <algorithm>
#include <cmath>
#include <string>

#include "base/philox.h"
#include "kernels/word_vectors.h"
#include "ops/data_checks.h"
#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"
#include "ops/scratch_layout.h"

namespace ostinato {
namespace {

using namespace ops;
using Operands = wordVectorLoss;

static_assert(static_cast<int>(wordVectorStep::starts) == static_cast<int>(wordVectorLoss::starts) &&
              static_cast<int>(wordVectorStep::count) == static_cast<int>(wordVectorLoss::count) &&
              static_cast<int>(wordVectorStep::longest) == static_cast<int>(wordVectorLoss::longest));

constexpr uint32_t kKey = 0x3C0DE5;
constexpr int64_t kMostWindow = 100, kMostNegatives = 100, kLongestPath = 64, kMostBlock = 1024;
// Windows at a time where nothing is learnt.
constexpr int64_t kLossBlock = 256;
// Columns of a table that a thread owns come in whole cache lines of values.
constexpr int64_t kUnit = 16;

struct Sizes {
  int64_t T, V, N, E, window, negatives, longest, block;
  bool dynamic, mean, tree, learns;

  int64_t contexts() const { return 2 * window; }
  int64_t outputs() const { return tree ? longest : negatives + 1; }
  int64_t stride() const { return (E + kUnit - 1) / kUnit * kUnit; }
  // Gradients of a window; with a mean also the mean itself.
  int64_t slots() const { return mean ? 2 : learns ? contexts() + outputs() : 0; }
  int64_t slotFloats() const { return slots() * stride(); }
  int64_t scoreFloats() const { return (wordScores(contexts(), outputs()) + kUnit - 1) / kUnit * kUnit; }
  int64_t rows() const { return contexts() + outputs(); }
};

Sizes sizesOf(const Call& call, bool learns) {
  const TensorView& input = call.operand(Operands::input);
  Sizes s = {};
  s.T = call.operand(Operands::tokens).dims[0];
  s.V = input.dims[0];
  s.E = input.dims[1];
  s.N = call.operand(Operands::output).dims[0];
  s.window = call.integer(Operands::window);
  s.negatives = call.integer(Operands::negatives);
  s.longest = call.integer(Operands::longest);
  s.block = learns ? call.integer(wordVectorStep::block) : kLossBlock;
  s.dynamic = call.attributes[Operands::dynamic] != 0;
  s.mean = call.attributes[Operands::mean] != 0;
  s.tree = call.operand(Operands::paths).present;
  s.learns = learns;
  return s;
}

// A word that is read.
struct Word {
  int32_t at, id, sentence;
};

// The words on each side that a window of a block may reach, and the numbers of the rows that it reads: of its
// contexts, then of its outputs.
struct Plan {
  int64_t reach, contexts, outputs;
};

struct Scratch {
  Word* words;         // [T]
  int32_t* read;       // [T]
  float* slots;        // [block, slotFloats]
  float* scores;       // [block, scoreFloats]
  int32_t* noise;      // [block, negatives]
  Plan* plans;         // [block]
  float** rows;        // [block, rows]
  float* signs;        // [block, outputs]
  RowUpdate* updates;  // [block, rows]
  size_t bytes;
};

Scratch scratchOf(const Sizes& s, void* memory) {
  ScratchLayout layout(memory);
  Scratch scratch = {};
  scratch.words = layout.array<Word>(s.T);
  scratch.read = layout.ints(s.T);
  scratch.slots = layout.floats(s.block * s.slotFloats());
  scratch.scores = layout.floats(s.block * s.scoreFloats());
  scratch.noise = layout.ints(s.block * s.negatives);
  scratch.plans = layout.array<Plan>(s.block);
  scratch.rows = layout.array<float*>(s.block * s.rows());
  scratch.signs = layout.floats(s.block * s.outputs());
  scratch.updates = layout.array<RowUpdate>(s.learns ? s.block * s.rows() : 0);
  scratch.bytes = layout.used();
  return scratch;
}

size_t check(const Call& call, bool learns) {
  expectOperand(call, Operands::input, DType::f32, 2);
  const int64_t V = call.operand(Operands::input).dims[0], E = call.operand(Operands::input).dims[1];
  expectOperand(call, Operands::output, DType::f32, 2);
  expectOperand(call, Operands::tokens, DType::i32, 1);
  expectShape(call, Operands::keep, DType::f32, &V, 1);
  const int64_t two = 2, ends = V + 1, T = call.operand(Operands::tokens).dims[0];
  expectShape(call, Operands::random, DType::i32, &two, 1);
  expectInteger(call, Operands::window, 1, kMostWindow);
  const bool tree = call.operand(Operands::paths).present;
  if (tree) {
    if (call.operand(Operands::noise).present || call.operand(Operands::alias).present)
      refuse(call, "expected either noise or paths");
    const int64_t output[] = {call.operand(Operands::output).dims[0], E};
    expectShape(call, Operands::output, DType::f32, output, 2);
    expectOperand(call, Operands::paths, DType::i32, 1);
    expectOperand(call, Operands::starts, DType::i32, 1);
    expectShape(call, Operands::starts, DType::i32, &ends, 1);
  } else {
    if (call.operand(Operands::starts).present) refuse(call, "expected paths with starts");
    const int64_t output[] = {V, E};
    expectShape(call, Operands::output, DType::f32, output, 2);
    expectOperand(call, Operands::noise, DType::f32, 1);
    expectOperand(call, Operands::alias, DType::i32, 1);
    expectShape(call, Operands::noise, DType::f32, &V, 1);
    expectShape(call, Operands::alias, DType::i32, &V, 1);
  }
  expectInteger(call, Operands::negatives, tree ? 0 : 1, kMostNegatives);
  expectInteger(call, Operands::longest, tree ? 1 : 0, kLongestPath);
  expectResult(call, Operands::losses, DType::f32, &T, 1);
  expectResult(call, Operands::count, DType::f32, nullptr, 0);
  if (learns) {
    expectInteger(call, wordVectorStep::block, 1, kMostBlock);
    expectOperand(call, wordVectorStep::learningRate, DType::f32, 0);
  }
  return scratchOf(sizesOf(call, learns), nullptr).bytes;
}

// One run of an op.
struct Run {
  const Call& call;
  const Sizes s;
  const Scratch scratch;
  int64_t words = 0;  // that are read

  Run(const Call& own, bool learns) : call(own), s(sizesOf(own, learns)), scratch(scratchOf(s, own.scratch)) {}

  Philox draw(int32_t at, int64_t block) const {
    const uint32_t* random = reinterpret_cast<const uint32_t*>(call.operand(Operands::random).i32());
    return philox(static_cast<uint32_t>(at), static_cast<uint32_t>(block), random[1], 0, random[0], kKey);
  }

  void expectPath(int32_t word) const {
    const int32_t* starts = call.operand(Operands::starts).i32();
    const int64_t begin = starts[word], end = starts[word + 1], P = call.operand(Operands::paths).dims[0];
    if (begin < 0 || end < begin || end > P || end - begin > s.longest) {
      throw InputError("the path of word " + std::to_string(word) + " goes from " + std::to_string(begin) + " to " +
                       std::to_string(end) + ", of " + std::to_string(P) + " nodes and at most " +
                       std::to_string(s.longest) + " a word");
    }
    for (int64_t i = begin; i < end; i++) {
      const int32_t node = call.operand(Operands::paths).i32()[i];
      if (node < 0 || node / 2 >= s.N) {
        throw InputError("node " + std::to_string(node / 2) + " of word " + std::to_string(word) +
                         " is outside the tree of " + std::to_string(s.N) + " nodes");
      }
    }
  }

  // The words that are read, each with the number of its sentence.
  void read() {
    const int32_t* tokens = call.operand(Operands::tokens).i32();
    const float* keep = call.operand(Operands::keep).f32();
    for (int64_t t = 0; t < s.T; t++) {
      if (tokens[t] >= -1 && tokens[t] < s.V) continue;
      throw InputError("token " + std::to_string(tokens[t]) + " at position " + std::to_string(t) +
                       " is neither -1 nor one of the " + std::to_string(s.V) + " words");
    }
    if (!s.tree) expectIds(call.operand(Operands::alias), s.V);
    constexpr int64_t kDrawCost = 32;
    forRanges(call.pool, s.T, kDrawCost, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; t++) {
        scratch.read[t] =
            tokens[t] >= 0 && uniform01(draw(static_cast<int32_t>(t), 0).word[0]) < keep[tokens[t]] ? 1 : 0;
      }
    });
    int32_t sentence = 0;
    for (int64_t t = 0; t < s.T; t++) {
      if (tokens[t] < 0) sentence++;
      if (!scratch.read[t]) continue;
      if (s.tree) expectPath(tokens[t]);
      scratch.words[words++] = {static_cast<int32_t>(t), tokens[t], sentence};
    }
  }

  // Draws what chance says of word i, as window j of a block: how far it reaches, and its noise words. Those of many
  // windows are drawn in a row: then the looks into the tables of chance overlap.
  void drawWindow(int64_t i, int64_t j) const {
    const Word& own = scratch.words[i];
    Philox bits = draw(own.at, 0);
    scratch.plans[j].reach =
        s.dynamic ? 1 + static_cast<int64_t>((uint64_t{bits.word[1]} * static_cast<uint64_t>(s.window)) >> 32)
                  : s.window;
    if (s.tree) return;
    const float* noise = call.operand(Operands::noise).f32();
    const int32_t* alias = call.operand(Operands::alias).i32();
    int32_t* drawn = scratch.noise + j * s.negatives;
    for (int64_t k = 2; k < s.negatives + 2; k++) {
      if (k % 4 == 0) bits = draw(own.at, k / 4);
      const double place = static_cast<double>(bits.word[k % 4]) * static_cast<double>(s.V) * 0x1p-32;
      const int32_t column = static_cast<int32_t>(place);
      // No branches: which way chance goes nobody predicts.
      const int32_t stays = place - static_cast<double>(column) < static_cast<double>(noise[column]);
      *drawn++ = alias[column] + stays * (column - alias[column]);
    }
  }

  // Rows of the output table for word `own` of window j, and their signs. Returns how many.
  int64_t outputsOf(const Word& own, int64_t j, float** y, float* signs) const {
    float* output = call.operand(Operands::output).mutableF32();
    int64_t R = 0;
    if (s.tree) {
      const int32_t* starts = call.operand(Operands::starts).i32();
      for (int32_t i = starts[own.id]; i < starts[own.id + 1]; i++) {
        const int32_t node = call.operand(Operands::paths).i32()[i];
        y[R] = output + (node >> 1) * s.E;
        signs[R++] = node & 1 ? -1.0f : 1.0f;
      }
      return R;
    }
    y[R] = output + own.id * s.E;
    signs[R++] = 1;
    for (int64_t k = 0; k < s.negatives; k++) {
      const int64_t drawn = scratch.noise[j * s.negatives + k];
      y[R] = output + drawn * s.E;
      signs[R] = -1;
      R += drawn != own.id;
    }
    return R;
  }

  // The rows of the words around word i. Returns how many.
  int64_t contextsOf(int64_t i, int64_t reach, float** x) const {
    float* input = call.operand(Operands::input).mutableF32();
    const Word* own = scratch.words + i;
    int64_t C = 0;
    for (int64_t j = std::max<int64_t>(0, i - reach); j <= std::min(words - 1, i + reach); j++) {
      const Word& other = scratch.words[j];
      if (j != i && other.sentence == own->sentence) x[C++] = input + other.id * s.E;
    }
    return C;
  }

  // Which rows word i needs, as window j of a block. They are on their way when the window before them is learnt.
  void plan(int64_t i, int64_t j) const {
    const Word& own = scratch.words[i];
    float** rows = scratch.rows + j * s.rows();
    Plan& plan = scratch.plans[j];
    plan.contexts = contextsOf(i, plan.reach, rows);
    plan.outputs = 0;
    if (plan.contexts == 0) return;
    plan.outputs = outputsOf(own, j, rows + plan.contexts, scratch.signs + j * s.outputs());
    wordVectorKernels().prefetch(rows + plan.contexts, plan.outputs, s.E);
    // The word that windows reach next: those before it are there already.
    if (i + s.window + 1 >= words) return;
    float* next = call.operand(Operands::input).mutableF32() + scratch.words[i + s.window + 1].id * s.E;
    wordVectorKernels().prefetch(&next, 1, s.E);
  }

  // Window j of a block: the loss of word i, and what it adds to the tables.
  void learn(int64_t i, int64_t j) const {
    const WordVectorKernels& k = wordVectorKernels();
    const auto [reach, C, R] = scratch.plans[j];
    if (C == 0) return;
    float **x = scratch.rows + j * s.rows(), **y = x + C;
    float* slots = scratch.slots + j * s.slotFloats();
    WordWindow w = {
        s.E,     C,       R,         x, y, scratch.signs + j * s.outputs(), scratch.scores + j * s.scoreFloats(),
        nullptr, nullptr, s.stride()};
    const float* predictor = slots;
    if (s.mean) {
      k.mean(x, C, slots, s.E);
      w.C = 1;
      w.x = &predictor;
    }
    if (s.learns) {
      w.dx = s.mean ? slots + s.stride() : slots;
      w.dy = s.mean ? nullptr : slots + C * s.stride();
    }
    call.result(Operands::losses).mutableF32()[scratch.words[i].at] = static_cast<float>(k.window(w));
    if (!s.learns) return;
    RowUpdate* updates = scratch.updates + j * s.rows();
    for (int64_t c = 0; c < C; c++) {
      updates[c] = {x[c], s.mean ? w.dx : w.dx + c * s.stride(), s.mean ? 1.0f / static_cast<float>(C) : 1.0f};
    }
    for (int64_t r = 0; r < R; r++) {
      updates[C + r] = s.mean ? RowUpdate{y[r], slots, w.scores[r]} : RowUpdate{y[r], w.dy + r * s.stride(), 1.0f};
    }
  }

  // Adds what n windows leave to the tables, each thread to its own columns.
  void update(int64_t n, float rate) const {
    const int64_t units = (s.E + kUnit - 1) / kUnit;
    const int parts = static_cast<int>(std::min<int64_t>(partsFor(call.pool, n * s.rows(), s.E), units));
    call.pool.parallel(parts, [&](int part) {
      const int64_t begin = units * part / parts * kUnit, end = std::min(s.E, units * (part + 1) / parts * kUnit);
      for (int64_t j = 0; j < n; j++) {
        const auto [reach, contexts, outputs] = scratch.plans[j];
        wordVectorKernels().update(scratch.updates + j * s.rows(), contexts + outputs, rate, begin, end);
      }
    });
  }

  void all() {
    const float rate = s.learns ? -*call.operand(wordVectorStep::learningRate).f32() : 0;
    read();
    std::fill_n(call.result(Operands::losses).mutableF32(), s.T, 0.0f);
    int64_t pairs = 0;
    for (int64_t begin = 0; begin < words; begin += s.block) {
      const int64_t n = std::min(s.block, words - begin);
      // More parts than threads, as windows differ in size.
      const int64_t cost = s.contexts() * s.outputs() * s.E;
      const int parts = static_cast<int>(std::min<int64_t>(n, int64_t{4} * partsFor(call.pool, n, cost)));
      call.pool.parallel(parts, [&](int part) {
        const int64_t from = n * part / parts, to = n * (part + 1) / parts;
        for (int64_t j = from; j < to; j++) drawWindow(begin + j, j);
        if (from < to) plan(begin + from, from);
        for (int64_t j = from; j < to; j++) {
          if (j + 1 < to) plan(begin + j + 1, j + 1);
          learn(begin + j, j);
        }
      });
      for (int64_t j = 0; j < n; j++) pairs += s.mean ? scratch.plans[j].contexts > 0 : scratch.plans[j].contexts;
      if (s.learns) update(n, rate);
    }
    *call.result(Operands::count).mutableF32() = static_cast<float>(pairs);
  }
};

size_t checkWordVectorLoss(const Call& call) { return check(call, false); }
void runWordVectorLoss(const Call& call) { Run(call, false).all(); }
size_t checkWordVectorStep(const Call& call) { return check(call, true); }
void runWordVectorStep(const Call& call) { Run(call, true).all(); }

}  // namespace

const Implementation ops::wordVectorLoss::implementation = {checkWordVectorLoss, runWordVectorLoss};
const Implementation ops::wordVectorStep::implementation = {checkWordVectorStep, runWordVectorStep};

}  // namespace ostinato
