// Pooling over square windows of images, channel by channel.
//
//   maxPool           x [B,H,W,C] -> y, index [B,R,Q,C], R = (H - size) / stride + 1, Q likewise of W
//                     index: the place of the largest within its window, row by row; the first NaN wins
//   maxPoolGradient   index, dy [B,R,Q,C] -> dx [B,H,W,C], dy added where its largest value was
//   meanPool          x -> y, the mean of each window
//   meanPoolGradient  dy -> dx, dy / size² added to each pixel of its window
//
// Channels lie together, so each window is size² passes over C floats. Rows of windows are independent; gradients are
// split by image, so that no two threads add to one pixel where windows overlap. Results overlap no operand.
#include <algorithm>
#include <string>

#include "ops/manifest.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

using namespace ops;

struct Pool {
  int64_t B, H, W, C, R, Q, size, stride;

  // Floats of x before the window at (r, q) of image b, and from its first pixel to pixel i.
  int64_t first(int64_t b, int64_t r, int64_t q) const { return ((b * H + r * stride) * W + q * stride) * C; }
  int64_t offset(int64_t i) const { return (i / size * W + i % size) * C; }
};

Pool poolOf(const Call& call, const TensorView& image, const TensorView& windows) {
  return {image.dims[0],   image.dims[1],   image.dims[2],   image.dims[3],
          windows.dims[1], windows.dims[2], call.integer(0), call.integer(1)};
}

void expectPool(const Call& call, const TensorView& image, const TensorView& windows) {
  // A window's places must be whole numbers of 32 bits.
  const int64_t size = expectInteger(call, maxPool::size, 1, 32768);
  const int64_t stride = expectInteger(call, maxPool::stride, 1, INT32_MAX);
  const int64_t high = image.dims[1] - size, wide = image.dims[2] - size;
  const bool fits = image.rank == 4 && windows.rank == 4 && high >= 0 && wide >= 0 &&
                    windows.dims[0] == image.dims[0] && windows.dims[1] == high / stride + 1 &&
                    windows.dims[2] == wide / stride + 1 && windows.dims[3] == image.dims[3];
  if (!fits) refuse(call, "windows " + shapeText(windows) + " are not those of an image " + shapeText(image));
}

// Calls f(window's first float in x, its first float in y) for each window of the rows of windows [begin, end).
template <class F>
void forWindows(const Pool& p, int64_t begin, int64_t end, const F& f) {
  for (int64_t row = begin; row < end; row++) {
    for (int64_t q = 0; q < p.Q; q++) f(p.first(row / p.R, row % p.R, q), (row * p.Q + q) * p.C);
  }
}

int64_t rowCost(const Pool& p) { return p.Q * p.C * p.size * p.size; }

// The larger of y and x, and which it is; no branches, so that compilers make vectors of it. The first NaN stays.
void largerOf(const float* __restrict x, int32_t i, int64_t floats, float* __restrict y, int32_t* __restrict index) {
  const auto isLarger = [](float a, float b) { return (a > b) | ((a != a) & (b == b)); };
  if (index) {
    for (int64_t k = 0; k < floats; k++) index[k] = isLarger(x[k], y[k]) ? i : index[k];
  }
  for (int64_t k = 0; k < floats; k++) y[k] = isLarger(x[k], y[k]) ? x[k] : y[k];
}

size_t checkMaxPool(const Call& call) {
  expectOperand(call, maxPool::x, DType::f32, 4);
  const TensorView &x = call.operand(maxPool::x), &y = call.result(maxPool::y);
  expectPool(call, x, y);
  expectResult(call, maxPool::y, DType::f32, y.dims, y.rank);
  expectResult(call, maxPool::index, DType::i32, y.dims, y.rank);
  return 0;
}

void runMaxPool(const Call& call) {
  const Pool p = poolOf(call, call.operand(maxPool::x), call.result(maxPool::y));
  const float* x = call.operand(maxPool::x).f32();
  float* y = call.result(maxPool::y).mutableF32();
  int32_t* index = call.result(maxPool::index).mutableI32();
  forRanges(call.pool, p.B * p.R, rowCost(p), [&](int64_t begin, int64_t end) {
    forWindows(p, begin, end, [&](int64_t first, int64_t place) {
      std::copy_n(x + first, p.C, y + place);
      if (index) std::fill_n(index + place, p.C, 0);
      for (int64_t i = 1; i < p.size * p.size; i++) {
        const float* pixel = x + first + p.offset(i);
        largerOf(pixel, static_cast<int32_t>(i), p.C, y + place, index ? index + place : nullptr);
      }
    });
  });
}

size_t checkMaxPoolGradient(const Call& call) {
  expectOperand(call, maxPoolGradient::index, DType::i32, 4);
  const TensorView& index = call.operand(maxPoolGradient::index);
  expectShape(call, maxPoolGradient::dy, DType::f32, index.dims, index.rank);
  const TensorView& dx = call.result(maxPoolGradient::dx);
  expectPool(call, dx, index);
  expectResult(call, maxPoolGradient::dx, DType::f32, dx.dims, dx.rank);
  return 0;
}

void runMaxPoolGradient(const Call& call) {
  const TensorView& dx = call.result(maxPoolGradient::dx);
  const TensorView& indices = call.operand(maxPoolGradient::index);
  const Pool p = poolOf(call, dx, indices);
  const int32_t* index = indices.i32();
  for (int64_t i = 0; i < indices.elements(); i++) {
    if (index[i] >= 0 && index[i] < p.size * p.size) continue;
    throw InputError("index " + std::to_string(index[i]) + " is outside a window of " + std::to_string(p.size) + " x " +
                     std::to_string(p.size));
  }
  const float* dy = call.operand(maxPoolGradient::dy).f32();
  float* out = dx.mutableF32();
  const int64_t image = p.H * p.W * p.C;
  forRanges(call.pool, p.B, image, [&](int64_t begin, int64_t end) {
    std::fill(out + begin * image, out + end * image, 0.0f);
    forWindows(p, begin * p.R, end * p.R, [&](int64_t first, int64_t place) {
      for (int64_t k = 0; k < p.C; k++) out[first + p.offset(index[place + k]) + k] += dy[place + k];
    });
  });
}

size_t checkMeanPool(const Call& call) {
  expectOperand(call, meanPool::x, DType::f32, 4);
  const TensorView& y = call.result(meanPool::y);
  expectPool(call, call.operand(meanPool::x), y);
  expectResult(call, meanPool::y, DType::f32, y.dims, y.rank);
  return 0;
}

void runMeanPool(const Call& call) {
  const Pool p = poolOf(call, call.operand(meanPool::x), call.result(meanPool::y));
  const float* x = call.operand(meanPool::x).f32();
  float* y = call.result(meanPool::y).mutableF32();
  const float share = static_cast<float>(p.size * p.size);
  forRanges(call.pool, p.B * p.R, rowCost(p), [&](int64_t begin, int64_t end) {
    forWindows(p, begin, end, [&](int64_t first, int64_t place) {
      std::copy_n(x + first, p.C, y + place);
      for (int64_t i = 1; i < p.size * p.size; i++) {
        const float* pixel = x + first + p.offset(i);
        for (int64_t k = 0; k < p.C; k++) y[place + k] += pixel[k];
      }
      for (int64_t k = 0; k < p.C; k++) y[place + k] /= share;
    });
  });
}

size_t checkMeanPoolGradient(const Call& call) {
  expectOperand(call, meanPoolGradient::dy, DType::f32, 4);
  const TensorView& dx = call.result(meanPoolGradient::dx);
  expectPool(call, dx, call.operand(meanPoolGradient::dy));
  expectResult(call, meanPoolGradient::dx, DType::f32, dx.dims, dx.rank);
  return 0;
}

void runMeanPoolGradient(const Call& call) {
  const TensorView& dx = call.result(meanPoolGradient::dx);
  const Pool p = poolOf(call, dx, call.operand(meanPoolGradient::dy));
  const float* dy = call.operand(meanPoolGradient::dy).f32();
  float* out = dx.mutableF32();
  const float share = static_cast<float>(p.size * p.size);
  const int64_t image = p.H * p.W * p.C;
  forRanges(call.pool, p.B, image, [&](int64_t begin, int64_t end) {
    std::fill(out + begin * image, out + end * image, 0.0f);
    forWindows(p, begin * p.R, end * p.R, [&](int64_t first, int64_t place) {
      for (int64_t i = 0; i < p.size * p.size; i++) {
        float* pixel = out + first + p.offset(i);
        for (int64_t k = 0; k < p.C; k++) pixel[k] += dy[place + k] / share;
      }
    });
  });
}

}  // namespace

const Implementation ops::maxPool::implementation = {checkMaxPool, runMaxPool};
const Implementation ops::maxPoolGradient::implementation = {checkMaxPoolGradient, runMaxPoolGradient};
const Implementation ops::meanPool::implementation = {checkMeanPool, runMeanPool};
const Implementation ops::meanPoolGradient::implementation = {checkMeanPoolGradient, runMeanPoolGradient};

}  // namespace ostinato
