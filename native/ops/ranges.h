// Splitting flat work over the pool.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/thread_pool.h"

namespace ostinato {

// Below this number of elements a second thread costs more than it brings.
constexpr int64_t kSerialElements = 16 * 1024;

// How many parts `items` of `cost` elements each are worth.
inline int partsFor(const ThreadPool& pool, int64_t items, int64_t cost = 1) {
  const int64_t worth = items * std::max<int64_t>(cost, 1) / kSerialElements;
  return static_cast<int>(std::clamp<int64_t>(std::min<int64_t>(worth, items), 1, pool.threads()));
}

// Calls f(begin, end) for ranges that cover [0, items). The ranges depend only on the sizes and the number of threads;
// where an item is one element, all but the last are multiples of 16, so that no two threads write to one cache line.
template <class F>
void forRanges(ThreadPool& pool, int64_t items, int64_t cost, const F& f) {
  const int parts = partsFor(pool, items, cost);
  const int64_t unit = cost > 1 ? 1 : 16;
  const int64_t units = (items + unit - 1) / unit;
  pool.parallel(parts, [&](int part) {
    const int64_t begin = units * part / parts * unit;
    const int64_t end = std::min(items, units * (part + 1) / parts * unit);
    if (begin < end) f(begin, end);
  });
}

}  // namespace ostinato
