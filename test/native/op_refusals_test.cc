// The checks of ops: `run` trusts them, so whatever does not fit must be refused when a program is loaded.
// Every tensor of a valid call of every op is altered in every way, one at a time.
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "op_cases.h"

using namespace ostinato;

namespace {

// Runs a call that was altered: true if it was refused, and if not, within its memory (op_runner.h watches the scratch,
// sanitizers the rest).
bool isRefused(OpCase one) {
  std::vector<TestTensor*> in, out;
  for (TestTensor& t : one.operands) in.push_back(&t);
  for (TestTensor& t : one.results) out.push_back(&t);
  try {
    runOp(operationNamed(one.op), in, out, one.attributes);
  } catch (const ProgramError& error) {
    // It says who refuses; ops that share a check share a name.
    CHECK(std::string(error.what()).find(": ") != std::string::npos);
    return true;
  } catch (const InputError&) {
    return false;
  }
  return false;
}

TestTensor resized(const TestTensor& t, std::vector<int64_t> dims) {
  TestTensor own(std::move(dims));
  if (t.i32.empty()) {
    std::fill(own.f32.begin(), own.f32.end(), 0.5f);
  } else {
    own.i32.assign(own.f32.size(), 0);
    own.f32.clear();
  }
  return own;
}

TestTensor otherType(const TestTensor& t) {
  TestTensor own(t.dims);
  if (t.i32.empty()) {
    own.i32.assign(own.f32.size(), 0);
    own.f32.clear();
  }
  return own;
}

// Calls f(what, altered call) for everything that can be wrong with one tensor of a call.
void forAlterations(const OpCase& one, const std::function<void(const std::string&, const OpCase&)>& f) {
  for (const bool result : {false, true}) {
    const size_t count = (result ? one.results : one.operands).size();
    for (size_t i = 0; i < count; i++) {
      const TestTensor& was = (result ? one.results : one.operands)[i];
      const std::string who = one.op + (result ? " result " : " operand ") + std::to_string(i);
      const auto with = [&](const std::string& what, const TestTensor& now) {
        OpCase altered = one;
        (result ? altered.results : altered.operands)[i] = now;
        f(who + what, altered);
      };
      if (!was.present) continue;
      for (size_t axis = 0; axis < was.dims.size(); axis++) {
        std::vector<int64_t> dims = was.dims;
        dims[axis]++;
        with(" axis " + std::to_string(axis), resized(was, dims));
      }
      std::vector<int64_t> deeper = was.dims;
      deeper.push_back(2);
      with(" rank", resized(was, deeper));
      with(" type", otherType(was));
      if (!result) with(" absent", TestTensor());
    }
  }
}

void forEveryCall(const std::function<void(const OpCases&, const OpCase&)>& f) {
  for (const OpCases& cases : allOpCases()) {
    for (const std::vector<OpCase>& calls : {cases.shared, cases.small}) {
      for (const OpCase& one : calls) f(cases, one);
    }
  }
}

}  // namespace

TEST_CASE("every op has a call") {
  std::set<std::string> called;
  forEveryCall([&](const OpCases&, const OpCase& one) { called.insert(one.op); });
  for (int64_t i = 0; i < operationCount(); i++) {
    CAPTURE(std::string(operationOf(i).name));
    CHECK(called.count(operationOf(i).name) == 1);
  }
}

TEST_CASE("a call has as many operands, results and attributes as its op, no more and no fewer") {
  forEveryCall([](const OpCases&, const OpCase& one) {
    CAPTURE(one.op);
    OpCase more = one;
    more.operands.emplace_back();
    CHECK(isRefused(more));
    more = one;
    more.results.push_back(scalar(0));
    CHECK(isRefused(more));
    more = one;
    more.attributes.push_back(0);
    CHECK(isRefused(more));
    OpCase fewer = one;
    if (operationNamed(one.op).several) {
      fewer.operands.clear();
    } else {
      fewer.operands.pop_back();
    }
    CHECK(isRefused(fewer));
    fewer = one;
    if (!fewer.results.empty()) {
      fewer.results.pop_back();
      CHECK(isRefused(fewer));
    }
    fewer = one;
    if (!fewer.attributes.empty()) {
      fewer.attributes.pop_back();
      CHECK(isRefused(fewer));
    }
  });
}

TEST_CASE("an attribute that stands for a whole number is one in its range") {
  forEveryCall([](const OpCases& cases, const OpCase& one) {
    for (size_t k = 0; k < one.attributes.size(); k++) {
      if (cases.whole.count(one.op + " " + std::to_string(k)) == 0) continue;
      for (const double value : {-1.0, 0.5, 1e10, std::nan(""), std::numeric_limits<double>::infinity()}) {
        CAPTURE(one.op);
        CAPTURE(k);
        CAPTURE(value);
        OpCase altered = one;
        altered.attributes[k] = value;
        CHECK(isRefused(altered));
      }
    }
  });
}

TEST_CASE("nothing but sizes that only one tensor has, and operands that may be left out, can be altered alone") {
  ThreadPool::instance().setThreads(3);
  std::set<std::string> got, wanted;
  forEveryCall([&](const OpCases& cases, const OpCase& one) {
    REQUIRE_FALSE(isRefused(one));
    forAlterations(one, [&](const std::string& what, const OpCase& altered) {
      if (!isRefused(altered)) got.insert(what);
    });
    for (size_t i = 0; i < one.operands.size(); i++) {
      const std::string operand = one.op + " operand " + std::to_string(i);
      const bool optional = operationNamed(one.op).optionalOperands >> i & 1;
      if (optional && one.operands[i].present && cases.needed.count(operand) == 0) wanted.insert(operand + " absent");
    }
    wanted.insert(cases.free.begin(), cases.free.end());
  });
  for (const std::string& what : got) {
    if (wanted.count(what) == 0) FAIL_CHECK("not refused: " << what);
  }
  for (const std::string& what : wanted) {
    if (got.count(what) == 0) FAIL_CHECK("refused: " << what);
  }
}
