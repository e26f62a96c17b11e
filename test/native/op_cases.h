// Valid calls of every op, for tests that alter them or run them on several threads: test/native/cases has a file for
// each file of native/ops.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "test_tensors.h"

namespace ostinato {

struct OpCase {
  std::string op;
  std::vector<TestTensor> operands, results;
  std::vector<double> attributes;
};

struct OpCases {
  // Ops that split their work over the pool, with values for at least three parts; and others, with few.
  std::vector<OpCase> shared, small;
  // Attributes that stand for whole numbers: "slice 0".
  std::set<std::string> whole;
  // Sizes that only one tensor has, so that they can be altered alone: "slice operand 0 axis 1".
  std::set<std::string> free;
  // Operands that may be absent, but not in these calls: "rmsprop operand 2".
  std::set<std::string> needed;
};

inline std::vector<OpCases>& allOpCases() {
  static std::vector<OpCases> all;
  return all;
}

// A file's cases, added when a test that is linked with it begins.
struct Cases {
  explicit Cases(OpCases cases) { allOpCases().push_back(std::move(cases)); }
};

inline TestTensor ids(std::vector<int64_t> shape, int64_t V) {
  TestTensor t(std::move(shape));
  for (size_t i = 0; i < t.f32.size(); i++) t.i32.push_back(static_cast<int32_t>(static_cast<int64_t>(i) * 7919 % V));
  t.f32.clear();
  return t;
}

inline TestTensor floats(std::vector<int64_t> shape) { return TestTensor(std::move(shape)); }

}  // namespace ostinato
