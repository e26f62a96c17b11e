// Convolutions over images, channels last, as products of patches (im2col) that exist block by block.
//
//   convolution                x [B,H,W,C], weight [O,size,size,C], bias? [O] -> y [B,R,Q,O] = patches(x) weightᵀ +
//   bias,
//                              R = (H + 2 padding - size) / stride + 1, Q likewise of W
//   convolutionInputGradient   dy [B,R,Q,O], weight -> dx [B,H,W,C], each pixel the sum of its places in dy weight
//   convolutionWeightGradient  x, dy -> dweight = dyᵀ patches(x)
//
// A patch is K = size²·C floats, of which size·C at a time lie together in x. The patches of an image are cut into
// blocks of nearly equal size, which stay in a core's L2 from when they are made until they are read; all of them at
// once would pass through memory. No block reaches into another image: an image's y and dx depend neither on its
// neighbours nor on the number of threads. dweight is the sum of a few parts, which depend on the sizes alone, in their
// order: it has the same bits with any number of threads. Results overlap no operand.
#include <algorithm>

#include "base/rounding.h"
#include "ops/manifest.h"
#include "ops/ranges.h"
#include "ops/scratch_layout.h"
#include "products/gemm.h"
#include "products/provider.h"
#include "products/recurrent_product.h"

namespace ostinato {
namespace {

using namespace ops;

// Floats of a block's patches: a quarter of 1 MB of L2, beside what they are multiplied by.
constexpr int64_t kBlockFloats = 64 * 1024;
constexpr int64_t kFewestRows = 16;
// Most patches of a block: rows of a product are read as they lie, without packing, up to here; its depths may be more.
constexpr int64_t kMostRows = 126, kMostDepths = 1024;

// Parts of the weight's gradient, and its floats that stay in a core's cache.
constexpr int64_t kMostSums = 16, kCachedFloats = 64 * 1024;

struct Windows {
  int64_t B, H, W, C, R, Q, O, size, stride, padding;
  int64_t mostPatches;  // of a block

  int64_t patchFloats() const { return size * size * C; }
  int64_t patches() const { return R * Q; }
  int64_t imageFloats() const { return H * W * C; }
  int64_t blocks() const {
    return ceilDivide(patches(), std::clamp(kBlockFloats / patchFloats(), kFewestRows, mostPatches));
  }
  // The first patch of a block of an image.
  int64_t first(int64_t block) const { return patches() * block / blocks(); }
  int64_t mostRows() const { return ceilDivide(patches(), blocks()); }
  int parts(const Call& call, int64_t items) const {
    return partsFor(call.pool, items, B * patches() * patchFloats() / std::max<int64_t>(items, 1));
  }
};

// The three ops have the same attributes.
Windows checkedWindows(const Call& call, const TensorView& image, const TensorView& weight, const TensorView& rows,
                       int64_t mostPatches = kMostRows) {
  const int64_t stride = expectInteger(call, convolution::stride, 1, INT32_MAX);
  const int64_t padding = expectInteger(call, convolution::padding, 0, INT32_MAX);
  const Windows w{image.dims[0], image.dims[1],  image.dims[2], image.dims[3], rows.dims[1], rows.dims[2],
                  rows.dims[3],  weight.dims[1], stride,        padding,       mostPatches};
  const int64_t high = w.H + 2 * w.padding - w.size, wide = w.W + 2 * w.padding - w.size;
  const bool fits = image.rank == 4 && weight.rank == 4 && rows.rank == 4 && w.padding < w.size && high >= 0 &&
                    wide >= 0 && rows.dims[0] == w.B && w.R == high / w.stride + 1 && w.Q == wide / w.stride + 1 &&
                    weight.dims[0] == w.O && weight.dims[2] == w.size && weight.dims[3] == w.C && w.C > 0 && w.O > 0;
  if (!fits) {
    refuse(call, "rows " + shapeText(rows) + " are not those of an image " + shapeText(image) + " and filters " +
                     shapeText(weight));
  }
  return w;
}

// Calls f(float of the image, float of the patch, floats) for the parts of a patch that lie in its image.
template <class F>
void forRuns(const Windows& w, int64_t patch, const F& f) {
  const int64_t y0 = patch / w.Q * w.stride - w.padding, x0 = patch % w.Q * w.stride - w.padding;
  const int64_t left = std::max<int64_t>(0, -x0), right = std::min(w.size, w.W - x0);
  const int64_t end = std::min(w.size, w.H - y0);
  for (int64_t i = std::max<int64_t>(0, -y0); i < end; i++) {
    f(((y0 + i) * w.W + x0 + left) * w.C, (i * w.size + left) * w.C, (right - left) * w.C);
  }
}

// rows [count,K] = patches of an image from `first` on.
void gather(const Windows& w, const float* image, int64_t first, int64_t count, float* rows) {
  const int64_t K = w.patchFloats();
  for (int64_t i = 0; i < count; i++, rows += K) {
    // Without padding every float is copied.
    if (w.padding > 0) std::fill_n(rows, K, 0.0f);
    forRuns(w, first + i,
            [&](int64_t pixel, int64_t place, int64_t floats) { std::copy_n(image + pixel, floats, rows + place); });
  }
}

// The reverse: adds the rows to the pixels, in the order of the patches.
void scatter(const Windows& w, const float* rows, int64_t first, int64_t count, float* image) {
  const int64_t K = w.patchFloats();
  for (int64_t i = 0; i < count; i++, rows += K) {
    forRuns(w, first + i, [&](int64_t pixel, int64_t place, int64_t floats) {
      const float* from = rows + place;
      float* to = image + pixel;
      for (int64_t k = 0; k < floats; k++) to[k] += from[k];
    });
  }
}

// Calls f(image, first patch, patches) for some of the blocks of all images.
template <class F>
void forBlocksIn(const Windows& w, int64_t begin, int64_t end, const F& f) {
  const int64_t blocks = w.blocks();
  for (int64_t i = begin; i < end; i++) {
    const int64_t first = w.first(i % blocks);
    f(i / blocks, first, w.first(i % blocks + 1) - first);
  }
}

// Calls f(part, image, first patch, patches) for all blocks of some images' patches; an item is a block, or an image
// with all its blocks. Items of a part follow each other on one thread.
template <class F>
void forBlocks(const Windows& w, ThreadPool& pool, int parts, bool wholeImages, const F& f) {
  const int64_t unit = wholeImages ? w.blocks() : 1, items = w.B * w.blocks() / unit;
  pool.parallel(parts, [&](int part) {
    forBlocksIn(w, items * part / parts * unit, items * (part + 1) / parts * unit,
                [&](int64_t b, int64_t first, int64_t count) { f(part, b, first, count); });
  });
}

// Products of blocks of rows by the same weights, which are packed once for all. A provider that packs nothing reads
// them as they lie.
class BlockProduct {
 public:
  // `largest` has the sizes of the largest block, and all but a and c.
  explicit BlockProduct(const Gemm& largest) : gemm_(largest) {
    packs_ = providerOf(largest).packing(largest.precision) != nullptr;
    product_ = {
        .weights = largest, .blocks = hiddenBlocks(largest.N), .columnsPerBlock = kHiddenBlock, .mostRows = largest.M};
    product_.weights.bias = nullptr;
  }

  int64_t packedFloats() const { return packs_ ? product_.packedFloats() : 0; }
  // For one thread.
  size_t scratchBytes() const {
    return packs_ ? static_cast<size_t>(product_.scratchFloats()) * sizeof(float) : gemmScratchBytes(gemm_, 1);
  }

  void pack(float* packed) {
    product_.packed = packed;
    if (packs_) product_.pack(0);
  }

  // c [rows,N] = a [rows,K] weights + bias.
  void multiply(const float* a, int64_t rows, float* c, void* scratch, ThreadPool& pool) const {
    Gemm own = gemm_;
    own.M = rows;
    own.a = a;
    own.c = c;
    if (!packs_) return gemm(own, scratch, pool);
    RecurrentProduct product = product_;
    product.scratch = static_cast<float*>(scratch);
    if (own.bias) startWithBias(own);
    product.packRows(0, a, own.lda, rows);
    product.multiply(0, a, own.lda, rows, c, own.ldc, own.bias != nullptr);
  }

 private:
  Gemm gemm_;
  RecurrentProduct product_;
  bool packs_ = false;
};

// Room for the packed weights, and of each thread for a block's patches and its product.
struct Scratch {
  float* packed;
  float* patches;
  char* product;
  int64_t patchStride;
  size_t productStride, bytes;

  Scratch(const Call& call, const Windows& w, int parts, int64_t packedFloats, size_t productBytes) {
    ScratchLayout layout(call.scratch);
    packed = layout.floats(packedFloats);
    patchStride = roundUp(w.mostRows() * w.patchFloats(), int64_t{16});
    patches = layout.floats(patchStride * parts);
    productStride = (productBytes + 63) / 64 * 64;
    product = static_cast<char*>(layout.bytes(productStride * static_cast<size_t>(parts)));
    bytes = layout.used();
  }

  float* patchesOf(int part) const { return patches + part * patchStride; }
  char* productOf(int part) const { return product + static_cast<size_t>(part) * productStride; }
};

// ---- forward ----

Windows forwardWindows(const Call& call) {
  const TensorView &x = call.operand(convolution::x), &weight = call.operand(convolution::weight);
  return checkedWindows(call, x, weight, call.result(convolution::y));
}

BlockProduct forwardProduct(const Call& call, const Windows& w) {
  return BlockProduct({.M = w.mostRows(),
                       .N = w.O,
                       .K = w.patchFloats(),
                       .lda = w.patchFloats(),
                       .b = call.operand(convolution::weight).f32(),
                       .ldb = w.patchFloats(),
                       .transposeB = true,
                       .ldc = w.O,
                       .bias = call.operand(convolution::bias).f32(),
                       .precision = call.precision});
}

size_t checkConvolution(const Call& call) {
  expectOperand(call, convolution::x, DType::f32, 4);
  expectOperand(call, convolution::weight, DType::f32, 4);
  const Windows w = forwardWindows(call);
  expectShape(call, convolution::bias, DType::f32, &w.O, 1);
  const TensorView& y = call.result(convolution::y);
  expectResult(call, convolution::y, DType::f32, y.dims, y.rank);
  const BlockProduct product = forwardProduct(call, w);
  const int parts = w.parts(call, w.B * w.blocks());
  return Scratch(call, w, parts, product.packedFloats(), product.scratchBytes()).bytes;
}

void runConvolution(const Call& call) {
  const Windows w = forwardWindows(call);
  BlockProduct product = forwardProduct(call, w);
  const int parts = w.parts(call, w.B * w.blocks());
  const Scratch scratch(call, w, parts, product.packedFloats(), product.scratchBytes());
  product.pack(scratch.packed);
  const float* x = call.operand(convolution::x).f32();
  float* y = call.result(convolution::y).mutableF32();
  forBlocks(w, call.pool, parts, false, [&](int part, int64_t b, int64_t first, int64_t count) {
    float* patches = scratch.patchesOf(part);
    gather(w, x + b * w.imageFloats(), first, count, patches);
    product.multiply(patches, count, y + (b * w.patches() + first) * w.O, scratch.productOf(part), call.pool);
  });
}

// ---- gradient of x ----

Windows inputWindows(const Call& call) {
  const TensorView &dy = call.operand(convolutionInputGradient::dy),
                   &weight = call.operand(convolutionInputGradient::weight);
  return checkedWindows(call, call.result(convolutionInputGradient::dx), weight, dy);
}

BlockProduct inputProduct(const Call& call, const Windows& w) {
  return BlockProduct({.M = w.mostRows(),
                       .N = w.patchFloats(),
                       .K = w.O,
                       .lda = w.O,
                       .b = call.operand(convolutionInputGradient::weight).f32(),
                       .ldb = w.patchFloats(),
                       .ldc = w.patchFloats(),
                       .precision = call.precision});
}

size_t checkInputGradient(const Call& call) {
  expectOperand(call, convolutionInputGradient::dy, DType::f32, 4);
  expectOperand(call, convolutionInputGradient::weight, DType::f32, 4);
  const Windows w = inputWindows(call);
  const TensorView& dx = call.result(convolutionInputGradient::dx);
  expectResult(call, convolutionInputGradient::dx, DType::f32, dx.dims, dx.rank);
  const BlockProduct product = inputProduct(call, w);
  return Scratch(call, w, w.parts(call, w.B), product.packedFloats(), product.scratchBytes()).bytes;
}

void runInputGradient(const Call& call) {
  const Windows w = inputWindows(call);
  BlockProduct product = inputProduct(call, w);
  const int parts = w.parts(call, w.B);
  const Scratch scratch(call, w, parts, product.packedFloats(), product.scratchBytes());
  product.pack(scratch.packed);
  const float* dy = call.operand(convolutionInputGradient::dy).f32();
  float* dx = call.result(convolutionInputGradient::dx).mutableF32();
  forBlocks(w, call.pool, parts, true, [&](int part, int64_t b, int64_t first, int64_t count) {
    float *rows = scratch.patchesOf(part), *image = dx + b * w.imageFloats();
    if (first == 0) std::fill_n(image, w.imageFloats(), 0.0f);
    product.multiply(dy + (b * w.patches() + first) * w.O, count, rows, scratch.productOf(part), call.pool);
    scatter(w, rows, first, count, image);
  });
}

// ---- gradient of the weight ----

Windows weightWindows(const Call& call) {
  const TensorView &x = call.operand(convolutionWeightGradient::x), &dy = call.operand(convolutionWeightGradient::dy);
  return checkedWindows(call, x, call.result(convolutionWeightGradient::dweight), dy, kMostDepths);
}

Gemm weightProduct(const Call& call, const Windows& w, int64_t count) {
  return {.M = w.O,
          .N = w.patchFloats(),
          .K = count,
          .lda = w.O,
          .transposeA = true,
          .ldb = w.patchFloats(),
          .ldc = w.patchFloats(),
          .accumulate = true,
          .precision = call.precision};
}

// Parts that dweight is the sum of, a power of two: each thread makes some of them. A part is worth its memory traffic
// from so many patches on, fewer where it stays in a core's cache.
int64_t weightSums(const Windows& w) {
  const int64_t patches = w.B * w.patches(), worth = w.O * w.patchFloats() <= kCachedFloats ? 256 : 512;
  int64_t sums = 1;
  while (sums < kMostSums && sums * 2 <= w.B * w.blocks() && sums * 2 * worth <= patches) sums *= 2;
  return sums;
}

int weightParts(const Call& call, const Windows& w) {
  return static_cast<int>(std::min<int64_t>(w.parts(call, w.B * w.blocks()), weightSums(w)));
}

Scratch weightScratch(const Call& call, const Windows& w, int parts) {
  // Blocks of an image differ by one patch at most.
  const auto bytes = [&](int64_t count) { return gemmScratchBytes(weightProduct(call, w, count), 1); };
  const int64_t sums = weightSums(w), floats = sums > 1 ? sums * w.O * w.patchFloats() : 0;
  return Scratch(call, w, parts, floats, std::max(bytes(w.mostRows()), bytes(w.mostRows() - 1)));
}

size_t checkWeightGradient(const Call& call) {
  expectOperand(call, convolutionWeightGradient::x, DType::f32, 4);
  expectOperand(call, convolutionWeightGradient::dy, DType::f32, 4);
  const Windows w = weightWindows(call);
  const TensorView& dweight = call.result(convolutionWeightGradient::dweight);
  expectResult(call, convolutionWeightGradient::dweight, DType::f32, dweight.dims, dweight.rank);
  return weightScratch(call, w, weightParts(call, w)).bytes;
}

void runWeightGradient(const Call& call) {
  const Windows w = weightWindows(call);
  const int parts = weightParts(call, w);
  const Scratch scratch = weightScratch(call, w, parts);
  const float *x = call.operand(convolutionWeightGradient::x).f32(),
              *dy = call.operand(convolutionWeightGradient::dy).f32();
  float* dweight = call.result(convolutionWeightGradient::dweight).mutableF32();
  const int64_t floats = w.O * w.patchFloats(), count = weightSums(w), blocks = w.B * w.blocks();
  float* sums = count > 1 ? scratch.packed : dweight;
  call.pool.parallel(parts, [&](int part) {
    float* patches = scratch.patchesOf(part);
    for (int64_t s = count * part / parts; s < count * (part + 1) / parts; s++) {
      std::fill_n(sums + s * floats, floats, 0.0f);
      forBlocksIn(w, blocks * s / count, blocks * (s + 1) / count, [&](int64_t b, int64_t first, int64_t rows) {
        gather(w, x + b * w.imageFloats(), first, rows, patches);
        Gemm g = weightProduct(call, w, rows);
        g.a = dy + (b * w.patches() + first) * w.O;
        g.b = patches;
        g.c = sums + s * floats;
        gemm(g, scratch.productOf(part), call.pool);
      });
    }
  });
  if (count == 1) return;
  forRanges(call.pool, floats, count, [&](int64_t begin, int64_t end) {
    std::copy(sums + begin, sums + end, dweight + begin);
    for (int64_t s = 1; s < count; s++) {
      for (int64_t i = begin; i < end; i++) dweight[i] += sums[s * floats + i];
    }
  });
}

}  // namespace

const Implementation ops::convolution::implementation = {checkConvolution, runConvolution};
const Implementation ops::convolutionInputGradient::implementation = {checkInputGradient, runInputGradient};
const Implementation ops::convolutionWeightGradient::implementation = {checkWeightGradient, runWeightGradient};

}  // namespace ostinato
