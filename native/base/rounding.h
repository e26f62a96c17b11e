#pragma once

#include <cstdint>

namespace ostinato {

constexpr int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
constexpr int64_t roundUp(int64_t n, int64_t multiple) { return ceilDivide(n, multiple) * multiple; }

}  // namespace ostinato
