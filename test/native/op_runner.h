// Runs one native op on its own, as the executor would: check with no memory bound, scratch of the size it asks for,
// run.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "ops/operation.h"
#include "ops/registry.h"

namespace ostinato {

// A float or int32 tensor that owns its memory; default: absent.
struct TestTensor {
  std::vector<int64_t> dims;
  std::vector<float> f32;
  std::vector<int32_t> i32;
  bool present = false;
  bool stored = true;  // false: a result that nobody reads

  TestTensor() = default;
  // Results are filled with NaN so that an element nobody writes shows.
  explicit TestTensor(std::vector<int64_t> shape) : dims(std::move(shape)), present(true) {
    int64_t n = 1;
    for (int64_t d : dims) n *= d;
    f32.assign(static_cast<size_t>(n), NAN);
  }

  TensorView view(bool bound) {
    TensorView v;
    v.present = present;
    v.dtype = i32.empty() ? DType::f32 : DType::i32;
    v.rank = static_cast<int>(dims.size());
    for (size_t i = 0; i < dims.size(); i++) v.dims[i] = dims[i];
    if (present && bound && stored) v.data = i32.empty() ? static_cast<void*>(f32.data()) : i32.data();
    return v;
  }
};

// The pool that ops run with until a test sets another one.
inline Precision& testPrecision() {
  static Precision precision = Precision::highest;
  return precision;
}

inline void runOp(const Operation& op, std::vector<TestTensor*> operands, std::vector<TestTensor*> results,
                  std::vector<double> attributes) {
  std::vector<TensorView> in, out;
  const auto call = [&](bool bound, void* scratch) {
    in.clear();
    out.clear();
    for (TestTensor* t : operands) in.push_back(t ? t->view(bound) : TensorView());
    for (TestTensor* t : results) out.push_back(t->view(bound));
    return Call{in.data(),
                static_cast<int>(in.size()),
                out.data(),
                static_cast<int>(out.size()),
                attributes.data(),
                static_cast<int>(attributes.size()),
                scratch,
                ThreadPool::instance(),
                testPrecision(),
                nullptr,
                &op};
  };
  const size_t bytes = op.check(call(false, nullptr));
  // Exactly as much as was asked for, filled with NaN: sanitizers and results show what goes beyond or counts on zeros.
  const size_t rounded = (bytes + 63) / 64 * 64 + 64;
  std::unique_ptr<char, void (*)(void*)> block(static_cast<char*>(std::aligned_alloc(64, rounded)), std::free);
  std::memset(block.get(), 0xff, rounded);
  op.run(call(true, block.get()));
  // The 64 bytes behind it must be as they were.
  for (size_t i = bytes; i < rounded; i++) {
    if (block.get()[i] != static_cast<char>(0xff)) throw std::logic_error("op wrote beyond its scratch memory");
  }
}

// The code of an op in a program.
inline double codeOf(const std::string& name) {
  for (int64_t i = 0; i < operationCount(); i++) {
    if (name == operationOf(i).name) return static_cast<double>(i);
  }
  throw std::logic_error("no op " + name);
}

}  // namespace ostinato
