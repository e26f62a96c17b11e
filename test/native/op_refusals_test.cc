// What an op's check lets pass: `run` trusts it, so whatever does not fit must be refused when a program is loaded.
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

std::set<std::string> accepted(const std::vector<OpCase>& cases) {
  std::set<std::string> all;
  for (const OpCase& one : cases) {
    REQUIRE_FALSE(isRefused(one));
    forAlterations(one, [&](const std::string& what, const OpCase& altered) {
      if (!isRefused(altered)) all.insert(what);
    });
  }
  return all;
}

}  // namespace

TEST_CASE("a call has as many operands, results and attributes as its op, no more and no fewer") {
  for (const std::vector<OpCase>& cases : {smallCases(), sharedCases()}) {
    for (const OpCase& one : cases) {
      CAPTURE(one.op);
      const bool any = one.op == "concat" || one.op == "globalNorm";
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
      fewer.operands.pop_back();
      if (!any) CHECK(isRefused(fewer));
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
    }
  }
  for (const char* op : {"concat", "globalNorm"}) CHECK(isRefused({op, {}, {scalar(0)}, {0}}));
}

TEST_CASE("an attribute that stands for a whole number is one in its range") {
  const std::set<std::string> numbersOf = {
      "dropout 0", "dropout 1",      "concat 0",    "slice 0",     "slice 1",   "slice 2",       "pad 0",
      "pad 1",     "pad 2",          "transpose 0", "transpose 1", "max 0",     "maxGradient 0", "embeddingGradient 0",
      "sumRows 0", "pickGradient 0", "matmul 0",    "matmul 1",    "restart 0", "restart 1"};
  for (const std::vector<OpCase>& cases : {smallCases(), sharedCases()}) {
    for (const OpCase& one : cases) {
      for (size_t k = 0; k < one.attributes.size(); k++) {
        const bool recurrent = one.op.find("rnn") == 0 || one.op.find("gru") == 0 || one.op.find("lstm") == 0;
        if (!recurrent && numbersOf.count(one.op + " " + std::to_string(k)) == 0) continue;
        for (const double value : {-1.0, 0.5, 1e10, std::nan(""), std::numeric_limits<double>::infinity()}) {
          CAPTURE(one.op);
          CAPTURE(k);
          CAPTURE(value);
          OpCase altered = one;
          altered.attributes[k] = value;
          CHECK(isRefused(altered));
        }
      }
    }
  }
}

TEST_CASE("nothing but sizes that only one tensor has, and operands that may be left out, can be altered alone") {
  ThreadPool::instance().setThreads(3);
  std::set<std::string> got = accepted(smallCases());
  got.merge(accepted(sharedCases()));
  const std::set<std::string> wanted = {"assign operand 2 absent",
                                        "attention operand 3 absent",
                                        "attention operand 4 absent",
                                        "attentionGradient operand 3 absent",
                                        "attentionGradient operand 4 absent",
                                        "attentionGradient operand 6 absent",
                                        "attentionGradient operand 7 absent",
                                        "broadcastTo result 0 axis 0",
                                        "broadcastTo result 0 axis 1",
                                        "broadcastTo result 0 axis 2",
                                        "embedding operand 0 axis 0",
                                        "follow operand 2 axis 0",
                                        "follow operand 3 axis 0",
                                        "follow operand 3 axis 1",
                                        "globalNorm operand 0 axis 0",
                                        "globalNorm operand 0 axis 1",
                                        "globalNorm operand 0 rank",
                                        "globalNorm operand 1 axis 0",
                                        "globalNorm operand 1 axis 1",
                                        "globalNorm operand 1 rank",
                                        "globalNorm operand 2 axis 0",
                                        "globalNorm operand 2 rank",
                                        "gru operand 2 axis 0",
                                        "gru operand 4 absent",
                                        "gru operand 5 absent",
                                        "gru operand 6 absent",
                                        "gruGradient operand 4 absent",
                                        "gruGradient operand 5 absent",
                                        "gruGradient operand 8 absent",
                                        "gruGradient operand 9 absent",
                                        "linear operand 2 absent",
                                        "linearCrossEntropy operand 2 absent",
                                        "linearCrossEntropyGradient operand 2 absent",
                                        "lstm operand 3 axis 0",
                                        "lstm operand 5 absent",
                                        "lstm operand 6 absent",
                                        "lstm operand 7 absent",
                                        "lstmCellGradient operand 3 absent",
                                        "lstmCellGradient operand 4 absent",
                                        "lstmGradient operand 10 absent",
                                        "lstmGradient operand 11 absent",
                                        "lstmGradient operand 5 absent",
                                        "lstmGradient operand 9 absent",
                                        "max operand 0 axis 0",
                                        "max operand 0 axis 1",
                                        "max operand 0 axis 2",
                                        "maxGradient result 0 axis 1",
                                        "pick operand 0 axis 1",
                                        "rnn operand 2 axis 0",
                                        "rnn operand 4 absent",
                                        "rnn operand 5 absent",
                                        "rnn operand 6 absent",
                                        "rnnGradient operand 4 absent",
                                        "rnnGradient operand 6 absent",
                                        "rnnGradient operand 7 absent",
                                        "sample operand 0 axis 1",
                                        "sgd operand 0 axis 0",
                                        "slice operand 0 axis 1",
                                        "sumTo operand 0 axis 0",
                                        "sumTo operand 0 axis 1",
                                        "sumTo operand 0 axis 2",
                                        "sumTo operand 0 rank"};
  for (const std::string& what : got) {
    if (wanted.count(what) == 0) FAIL_CHECK("not refused: " << what);
  }
  for (const std::string& what : wanted) {
    if (got.count(what) == 0) FAIL_CHECK("refused: " << what);
  }
}
