// Square patches of images as rows (im2col), and the sum of such rows back into images.
//
//   patches          x [B,H,W,C] -> y [B,R,Q,size·size·C], R = (H + 2 padding - size) / stride + 1, Q likewise of W
//   patchesGradient  dy [B,R,Q,size·size·C] -> dx [B,H,W,C], each pixel the sum of its places in all patches
//
// A row of a patch is size·C floats that lie together in x: one copy, cut at the edges, where zeros stand. Rows of
// patches are independent; the gradient is split by image, so that no two threads add to one pixel, in the order of the
// patches. y overlaps nothing.
#include <algorithm>

#include "ops/manifest.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

struct Windows {
  int64_t B, H, W, C, R, Q, size, stride, padding;

  int64_t rowFloats() const { return Q * size * size * C; }
};

// Sizes of an image and its patches, both of rank 4.
Windows windowsOf(const Call& call, const TensorView& image, const TensorView& rows) {
  Windows w{image.dims[0], image.dims[1],   image.dims[2],   image.dims[3],  rows.dims[1],
            rows.dims[2],  call.integer(0), call.integer(1), call.integer(2)};
  return w;
}

void expectWindows(const Call& call, const TensorView& image, const TensorView& rows) {
  const int64_t size = expectInteger(call, patches::size, 1, INT32_MAX);
  const int64_t stride = expectInteger(call, patches::stride, 1, INT32_MAX);
  const int64_t padding = expectInteger(call, patches::padding, 0, size - 1);
  const int64_t high = image.dims[1] + 2 * padding - size, wide = image.dims[2] + 2 * padding - size;
  const bool fits = rows.rank == 4 && high >= 0 && wide >= 0 && rows.dims[0] == image.dims[0] &&
                    rows.dims[1] == high / stride + 1 && rows.dims[2] == wide / stride + 1 && image.dims[3] > 0 &&
                    rows.dims[3] / image.dims[3] / size == size && rows.dims[3] == size * size * image.dims[3];
  if (!fits) refuse(call, "patches " + shapeText(rows) + " are not those of an image " + shapeText(image));
}

// Calls f(image float, patch float, floats) for the parts of the patches of row r of image b that lie in the image.
template <class F>
void forParts(const Windows& w, int64_t b, int64_t r, const F& f) {
  const int64_t first = (b * w.R + r) * w.rowFloats();
  for (int64_t q = 0; q < w.Q; q++) {
    const int64_t x0 = q * w.stride - w.padding;
    const int64_t from = std::max<int64_t>(0, -x0), to = std::min(w.size, w.W - x0);
    if (from >= to) continue;
    for (int64_t i = 0; i < w.size; i++) {
      const int64_t y = r * w.stride - w.padding + i;
      if (y < 0 || y >= w.H) continue;
      const int64_t place = first + ((q * w.size + i) * w.size + from) * w.C;
      f(((b * w.H + y) * w.W + x0 + from) * w.C, place, (to - from) * w.C);
    }
  }
}

size_t checkPatches(const Call& call) {
  expectOperand(call, patches::x, DType::f32, 4);
  const TensorView &x = call.operand(patches::x), &y = call.result(patches::y);
  expectWindows(call, x, y);
  expectResult(call, patches::y, DType::f32, y.dims, y.rank);
  return 0;
}

void runPatches(const Call& call) {
  const TensorView &x = call.operand(patches::x), &y = call.result(patches::y);
  const Windows w = windowsOf(call, x, y);
  const float* in = x.f32();
  float* out = y.mutableF32();
  forRanges(call.pool, w.B * w.R, w.rowFloats(), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      // Without padding every float is copied.
      if (w.padding > 0) std::fill_n(out + row * w.rowFloats(), w.rowFloats(), 0.0f);
      forParts(w, row / w.R, row % w.R,
               [&](int64_t pixel, int64_t place, int64_t floats) { std::copy_n(in + pixel, floats, out + place); });
    }
  });
}

size_t checkPatchesGradient(const Call& call) {
  expectOperand(call, patchesGradient::dy, DType::f32, 4);
  const TensorView& dx = call.result(patchesGradient::dx);
  if (dx.rank != 4) refuse(call, "ill-shaped result");
  expectWindows(call, dx, call.operand(patchesGradient::dy));
  expectResult(call, patchesGradient::dx, DType::f32, dx.dims, dx.rank);
  return 0;
}

void runPatchesGradient(const Call& call) {
  const TensorView &dy = call.operand(patchesGradient::dy), &dx = call.result(patchesGradient::dx);
  const Windows w = windowsOf(call, dx, dy);
  const float* in = dy.f32();
  float* out = dx.mutableF32();
  const int64_t image = w.H * w.W * w.C;
  forRanges(call.pool, w.B, w.R * w.rowFloats() + image, [&](int64_t begin, int64_t end) {
    std::fill(out + begin * image, out + end * image, 0.0f);
    for (int64_t row = begin * w.R; row < end * w.R; row++) {
      forParts(w, row / w.R, row % w.R, [&](int64_t pixel, int64_t place, int64_t floats) {
        for (int64_t k = 0; k < floats; k++) out[pixel + k] += in[place + k];
      });
    }
  });
}

}  // namespace

const Implementation ops::patches::implementation = {checkPatches, runPatches};
const Implementation ops::patchesGradient::implementation = {checkPatchesGradient, runPatchesGradient};

}  // namespace ostinato
