// Products in tests, on every tier and some numbers of threads.
#pragma once

#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "base/thread_pool.h"
#include "doctest/doctest.h"
#include "each_tier.h"
#include "products/gemm.h"

namespace ostinato {

struct Sizes {
  int64_t M, N, K;
};

inline std::vector<float> randomFloats(int64_t n, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> v(static_cast<size_t>(n));
  for (float& x : v) x = uniform(random);
  return v;
}

inline void run(const Gemm& g) {
  ThreadPool& pool = ThreadPool::instance();
  // As programs do: sizes are asked for before there is any memory.
  Gemm unbound = g;
  unbound.a = unbound.b = unbound.bias = nullptr;
  unbound.c = nullptr;
  const size_t bytes = (gemmScratchBytes(unbound, pool.threads()) + 127) / 64 * 64;
  std::unique_ptr<void, void (*)(void*)> scratch(std::aligned_alloc(64, bytes), std::free);
  gemm(g, scratch.get(), pool);
}

template <class F>
void forEachConfiguration(const F& body) {
  forEachTier([&] {
    for (int threads : {1, 2, 5}) {
      ThreadPool::instance().setThreads(threads);
      CAPTURE(threads);
      body();
    }
  });
}

}  // namespace ostinato
