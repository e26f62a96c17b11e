// The best that this machine can do, as JSON: float32 multiply-adds in registers, products on the matrix unit whose
// operands lie in L1 and in L2 (random numbers: zeros take less power and would run faster), and reading memory.
//
//   build-bench/ceilings [threads]
//
// bench/ceilings.mjs builds and runs it. Each figure is the best of 9 runs, all threads at once.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "base/aligned_memory.h"
#include "base/thread_pool.h"
#include "products/provider.h"

using namespace ostinato;

namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Work per second of all threads together. work(thread) does `amount` of it and is made long enough by repeating.
double rate(int threads, double amount, const std::function<void(int)>& work) {
  std::vector<double> rates;
  int repeats = 1;
  while (rates.size() < 9) {
    std::vector<std::thread> others;
    const double begin = seconds();
    const auto all = [&](int thread) {
      for (int i = 0; i < repeats; i++) work(thread);
    };
    for (int thread = 1; thread < threads; thread++) others.emplace_back(all, thread);
    all(0);
    for (std::thread& other : others) other.join();
    const double took = seconds() - begin;
    if (took < 0.03) {
      repeats *= 2;
      continue;
    }
    rates.push_back(amount * threads * repeats / took);
  }
  return *std::max_element(rates.begin(), rates.end());
}

volatile float sink;

constexpr int kSums = 12, kRounds = 4096;

// Enough independent sums to hide the latency of a multiply-add, and few enough for the registers, if vectors are no
// wider than these are.
template <class Vector>
inline __attribute__((always_inline)) void multiplyAddsOf() {
  Vector sums[kSums], x, y;
  for (size_t i = 0; i < sizeof(Vector) / sizeof(float); i++) {
    x[i] = 0.999f;
    y[i] = 0.5f + 0.01f * static_cast<float>(i);
  }
  for (int s = 0; s < kSums; s++) sums[s] = y * static_cast<float>(s);
  for (int round = 0; round < kRounds; round++) {
#pragma GCC unroll 12
    for (int s = 0; s < kSums; s++) sums[s] = sums[s] * x + y;
  }
  float total = 0;
  for (const Vector& sum : sums) {
    for (size_t i = 0; i < sizeof(Vector) / sizeof(float); i++) total += sum[i];
  }
  sink = total;
}

template <class Vector>
inline __attribute__((always_inline)) float sumWith(const float* values, int64_t n) {
  Vector sums[8] = {};
  constexpr int64_t kLanes = sizeof(Vector) / sizeof(float);
  for (int64_t i = 0; i + 8 * kLanes <= n; i += 8 * kLanes) {
    for (int s = 0; s < 8; s++) sums[s] += *reinterpret_cast<const Vector*>(values + i + s * kLanes);
  }
  float total = 0;
  for (const Vector& sum : sums) total += sum[0];
  return total;
}

// The vectors of this machine: their width, and the functions that were compiled for them.
struct Vectors {
  size_t floats;
  void (*multiplyAdds)();
  float (*sumOf)(const float* values, int64_t n);
};

typedef float Vector4 __attribute__((vector_size(16)));
void multiplyAdds4() { multiplyAddsOf<Vector4>(); }
float sumOf4(const float* values, int64_t n) { return sumWith<Vector4>(values, n); }

#if defined(__x86_64__)
typedef float Vector8 __attribute__((vector_size(32)));
typedef float Vector16 __attribute__((vector_size(64)));
__attribute__((target("arch=x86-64-v3"))) void multiplyAdds8() { multiplyAddsOf<Vector8>(); }
__attribute__((target("arch=x86-64-v3"))) float sumOf8(const float* p, int64_t n) { return sumWith<Vector8>(p, n); }
__attribute__((target("arch=x86-64-v4"))) void multiplyAdds16() { multiplyAddsOf<Vector16>(); }
__attribute__((target("arch=x86-64-v4"))) float sumOf16(const float* p, int64_t n) { return sumWith<Vector16>(p, n); }
#endif

const Vectors& vectors() {
  static const Vectors own = []() -> Vectors {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("x86-64-v4")) return {16, multiplyAdds16, sumOf16};
    if (__builtin_cpu_supports("x86-64-v3")) return {8, multiplyAdds8, sumOf8};
#endif
    return {4, multiplyAdds4, sumOf4};
  }();
  return own;
}

double readingGBs(int threads, int64_t bytes) {
  std::vector<AlignedMemory> memory;
  for (int i = 0; i < threads; i++) memory.emplace_back(static_cast<size_t>(bytes));
  return rate(threads, static_cast<double>(bytes),
              [&](int thread) {
                sink =
                    vectors().sumOf(static_cast<const float*>(memory[static_cast<size_t>(thread)].data()), bytes / 4);
              }) /
         1e9;
}

// With `onePanel` all columns are those of the same panel of B.
double unitGflops(int threads, int64_t m, int64_t k, int64_t n, bool onePanel) {
  struct Operands {
    AlignedMemory a, b, c;
  };
  std::vector<Operands> operands;
  std::mt19937 random(1);
  const auto fill = [&](AlignedMemory& memory, int64_t elements) {
    memory = AlignedMemory(static_cast<size_t>(elements) * 2);
    auto* at = static_cast<uint16_t*>(memory.data());
    // Between 0.25 and 1 in size, of either sign.
    for (int64_t i = 0; i < elements; i++)
      at[i] = static_cast<uint16_t>(0x3E80 + random() % 0x100 + (random() % 2 << 15));
  };
  for (int i = 0; i < threads; i++) {
    operands.emplace_back();
    fill(operands.back().a, m * k);
    fill(operands.back().b, k * n);
    operands.back().c = AlignedMemory(static_cast<size_t>(m * (n + 16)) * 4);
  }
  return rate(threads, 2.0 * static_cast<double>(m * k * n),
              [&](int thread) {
                const Operands& own = operands[static_cast<size_t>(thread)];
                const Packing& packing = packingFor(Precision::medium, m);
                Panels columns = packing.panelsOfB(own.b.data(), k);
                if (onePanel) columns.stride = 0;
                packing.multiply(packing.panelsOfA(own.a.data(), k, packing.panelRows), packing.panelRows, columns, k,
                                 {.m = m, .n = n, .c = static_cast<float*>(own.c.data()), .ldc = n + 16});
              }) /
         1e9;
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : ThreadPool::instance().threads();
  const double lanes = static_cast<double>(vectors().floats);
  const double fma = rate(threads, 2.0 * lanes * kSums * kRounds, [](int) { vectors().multiplyAdds(); }) / 1e9;
  const bool unit = roundingProvider(Precision::medium) != nullptr;
  std::printf(
      "{\"threads\": %d, \"fmaGflops\": %.0f, \"unitGflopsFromL1\": %.0f, \"unitGflopsFromL2\": %.0f, "
      "\"readL2GBs\": %.0f, \"readL3GBs\": %.0f, \"readMemoryGBs\": %.0f}\n",
      threads, fma, unit ? unitGflops(threads, 32, 256, 512, true) : 0.0,
      unit ? unitGflops(threads, 64, 512, 1024, false) : 0.0, readingGBs(threads, int64_t{768} << 10),
      readingGBs(threads, int64_t{12} << 20), readingGBs(threads, int64_t{1} << 30));
}
