// Every op that splits its work over the pool: three threads compute what one does. The recurrent ops, the products and
// the cross-entropy, which split it in other ways, are in threads_test.cc.
#include <cmath>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "op_cases.h"

using namespace ostinato;

namespace {

// All values after a run, those that are updated in place too.
std::vector<double> valuesAfter(OpCase one, int threads) {
  std::vector<TestTensor*> in, out;
  for (TestTensor& t : one.operands) in.push_back(&t);
  for (TestTensor& t : one.results) out.push_back(&t);
  ThreadPool::instance().setThreads(threads);
  runOp(operationNamed(one.op), in, out, one.attributes);
  std::vector<double> all;
  for (const std::vector<TestTensor*>& tensors : {in, out}) {
    for (const TestTensor* t : tensors) {
      all.insert(all.end(), t->f32.begin(), t->f32.end());
      all.insert(all.end(), t->i32.begin(), t->i32.end());
    }
  }
  return all;
}

}  // namespace

TEST_CASE("three threads compute what one does, in every op that they share") {
  for (const OpCases& cases : allOpCases()) {
    for (const OpCase& one : cases.shared) {
      CAPTURE(one.op);
      const std::vector<double> alone = valuesAfter(one, 1);
      const std::vector<double> together = valuesAfter(one, 3);
      REQUIRE(alone.size() == together.size());
      for (size_t i = 0; i < alone.size(); i++) {
        CAPTURE(i);
        REQUIRE(std::abs(together[i] - alone[i]) <= 1e-5 * (1 + std::abs(alone[i])));
      }
      CHECK(valuesAfter(one, 3) == together);
    }
  }
}
