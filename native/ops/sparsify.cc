// Division of a gradient into the k numbers that are largest in size and those that wait: top-k with error feedback.
#include <algorithm>
#include <bit>
#include <cstring>

#include "ops/manifest.h"
#include "ops/operation.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

// The k-th size is found digit by digit, from the highest on: sizes are compared as the whole numbers that their bits
// are, which puts infinities above all numbers and NaNs above infinities. Tensors are cut by their size alone, so that
// of equal sizes the same ones are taken on any number of threads.
constexpr int kDigits = 3;
constexpr int kShifts[kDigits] = {20, 9, 0};
constexpr uint32_t kValues = 1 << 11;
constexpr int64_t kSmallestPiece = 1 << 16;
constexpr int64_t kMostPieces = 64;

uint32_t sizeOf(float x) { return std::bit_cast<uint32_t>(x) & 0x7fffffff; }

int64_t piecesOf(int64_t n) { return std::clamp<int64_t>((n + kSmallestPiece - 1) / kSmallestPiece, 1, kMostPieces); }

size_t checkSparsify(const Call& call) {
  expectOperand(call, sparsify::x, DType::f32);
  const TensorView& x = call.operand(sparsify::x);
  expectShape(call, sparsify::residual, DType::f32, x.dims, x.rank);
  expectResultLike(call, sparsify::sent, x);
  expectResultLike(call, sparsify::rest, x);
  // Sizes are counted in 32 bits.
  expectInteger(call, sparsify::k, 1, std::min<int64_t>(x.elements(), UINT32_MAX));
  return static_cast<size_t>(piecesOf(x.elements()) * kValues) * sizeof(uint32_t);
}

// Sizes that a tensor's k largest have: all above `smallest`, and the first `ties` of those that are equal to it.
struct Choice {
  uint32_t smallest = 0;
  int64_t ties = 0;
};

void runSparsify(const Call& call) {
  const float *x = call.operand(sparsify::x).f32(), *residual = call.operand(sparsify::residual).f32();
  float *sent = call.result(sparsify::sent).mutableF32(), *rest = call.result(sparsify::rest).mutableF32();
  const int64_t n = call.operand(sparsify::x).elements(), pieces = piecesOf(n);
  // How often a digit has each value, in each piece.
  uint32_t* counts = static_cast<uint32_t*>(call.scratch);
  const auto eachPiece = [&](const auto& f) {
    forRanges(call.pool, pieces, n / pieces, [&](int64_t first, int64_t last) {
      for (int64_t piece = first; piece < last; piece++) f(piece, n * piece / pieces, n * (piece + 1) / pieces);
    });
  };
  eachPiece([&](int64_t, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) rest[i] = x[i] + residual[i];
  });
  Choice choice{0, static_cast<int64_t>(call.attributes[sparsify::k])};
  uint32_t known = 0;  // the bits that are found
  for (const int shift : kShifts) {
    eachPiece([&](int64_t piece, int64_t begin, int64_t end) {
      uint32_t* own = counts + piece * kValues;
      std::fill_n(own, kValues, 0);
      for (int64_t i = begin; i < end; i++) {
        const uint32_t size = sizeOf(rest[i]);
        if ((size & known) == choice.smallest) own[(size & ~known) >> shift]++;
      }
    });
    const uint32_t values = (0x7fffffff & ~known) >> shift;
    uint32_t digit = values;
    for (;; digit--) {
      int64_t count = 0;
      for (int64_t piece = 0; piece < pieces; piece++) count += counts[piece * kValues + digit];
      if (count >= choice.ties) break;
      choice.ties -= count;
    }
    choice.smallest |= digit << shift;
    known |= values << shift;
    if (shift > 0) continue;
    // The number of ties that each piece sends stands where it has counted its own.
    for (int64_t piece = 0, left = choice.ties; piece < pieces; piece++) {
      uint32_t& own = counts[piece * kValues];
      own = static_cast<uint32_t>(std::min<int64_t>(left, counts[piece * kValues + digit]));
      left -= own;
    }
  }
  eachPiece([&](int64_t piece, int64_t begin, int64_t end) {
    uint32_t ties = counts[piece * kValues];
    for (int64_t i = begin; i < end; i++) {
      const uint32_t size = sizeOf(rest[i]);
      const bool isSent = size > choice.smallest || (size == choice.smallest && ties > 0);
      if (size == choice.smallest && ties > 0) ties--;
      sent[i] = isSent ? rest[i] : 0;
      if (isSent) rest[i] = 0;
    }
  });
}

}  // namespace

const Implementation ops::sparsify::implementation = {checkSparsify, runSparsify};

}  // namespace ostinato
