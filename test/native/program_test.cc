#include "runtime/program.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

// clang-format off: programs are words, a line for each value and op

// x [2,3] fed, w [3,2] a variable: y = tanh(x w), norm of y, and a step of SGD on w with the gradient g = xᵀ y.
std::vector<double> example() {
  return {kProgramMagic, kProgramVersion, 9, 6, 2, 2, 0, 64 * 8,
          // values: x, w, z, y, norm, norms, g, scale (fed as 1), loss
          0, 0, 0, 2, 2, 3,        // 0: x
          0, 1, 0, 2, 3, 2,        // 1: w
          0, 0, 64, 2, 2, 2,       // 2: z
          0, 0, 128, 2, 2, 2,      // 3: y
          0, 0, 192, 0,            // 4: norm
          0, 0, 256, 1, 1,         // 5: norms
          0, 0, 320, 2, 3, 2,      // 6: g
          0, 0, 384, 0,            // 7: scale
          0, 0, 448, 0,            // 8: loss
          0, 7,                    // feeds: x, scale
          3, 8,                    // outputs: y, loss
          codeOf("matmul"), 2, 0, 1, 1, 2, 2, 0, 0,
          codeOf("tanh"), 1, 2, 1, 3, 0,
          codeOf("globalNorm"), 1, 3, 2, 4, 5, 0,
          codeOf("matmul"), 2, 0, 3, 1, 6, 2, 1, 0,
          codeOf("sumTo"), 1, 3, 1, 8, 0,
          codeOf("sgd"), 6, 1, 6, 7, 7, -1, -1, 0, 3, 0, 0, 0};
}

// h [4,2]: row 0 is h0 as fed, and each further one the one before plus a row of x [3,2]; in reverse from row 3 down.
std::vector<double> loopExample(bool reverse) {
  const double first = reverse ? 88 : 64, before = reverse ? 72 : 64, after = reverse ? 64 : 72;
  return {kProgramMagic, kProgramVersion, 7, 2, 2, 1, 1, 192,
          0, 0, 0, 2, 3, 2,     // 0: x
          0, 0, 64, 2, 4, 2,    // 1: h
          0, 0, 128, 1, 2,      // 2: h0
          0, 0, first, 1, 2,    // 3: its row in h
          0, 3, 0, 1, 2,        // 4: a row of x
          0, 3, before, 1, 2,   // 5: the row of h before a step
          0, 3, after, 1, 2,    // 6: and after it
          0, 2,                 // feeds: x, h0
          1,                    // outputs: h
          1, 2, 3, reverse ? 1.0 : 0.0,
          codeOf("copy"), 1, 2, 1, 3, 0,
          codeOf("add"), 2, 5, 4, 1, 6, 0};
}
// clang-format on

std::shared_ptr<Store> storeWithWeights() {
  auto store = std::make_shared<Store>();
  store->declare(DType::f32, 6);
  float* w = static_cast<float*>(store->variable(0).memory.data());
  for (int i = 0; i < 6; i++) w[i] = 0.1f * static_cast<float>(i + 1);
  return store;
}

void feed(Program& program) {
  program.bind();
  const float x[] = {1, 2, 3, -1, 0.5f, 2};
  std::memcpy(program.feed(0).data, x, sizeof x);
  *program.feed(1).mutableF32() = 0.5f;
}

}  // namespace

TEST_CASE("a program computes what its ops say, and updates its variables") {
  const std::vector<double> words = example();
  std::shared_ptr<Store> store = storeWithWeights();
  Program program(store, words.data(), words.size());
  feed(program);
  CHECK(program.run(true) == -1);
  // Row 0 of x w: 1*.1+2*.3+3*.5 = 2.2 and 1*.2+2*.4+3*.6 = 2.8.
  const float* y = program.output(0).f32();
  CHECK(y[0] == doctest::Approx(std::tanh(2.2)));
  CHECK(y[1] == doctest::Approx(std::tanh(2.8)));
  const double g00 = 1 * std::tanh(2.2) + -1 * std::tanh(-0.1 + 0.5 * 0.3 + 2 * 0.5);
  const float* w = static_cast<const float*>(store->variable(0).memory.data());
  CHECK(w[0] == doctest::Approx(0.1 - 0.25 * g00));  // scale and rate are the same feed, 0.5 each
}

TEST_CASE("an update whose scale is NaN changes nothing") {
  const std::vector<double> words = example();
  std::shared_ptr<Store> store = storeWithWeights();
  Program program(store, words.data(), words.size());
  feed(program);
  *program.feed(1).mutableF32() = std::numeric_limits<float>::quiet_NaN();
  program.run(false);
  const float* w = static_cast<const float*>(store->variable(0).memory.data());
  for (int i = 0; i < 6; i++) CHECK(w[i] == 0.1f * static_cast<float>(i + 1));
}

TEST_CASE("check finds the op that first writes a value that is not finite") {
  const std::vector<double> words = example();
  Program program(storeWithWeights(), words.data(), words.size());
  feed(program);
  program.feed(0).mutableF32()[1] = std::numeric_limits<float>::infinity();
  CHECK(program.run(true) == 0);
}

TEST_CASE("a loop walks over rows, in both directions") {
  for (const bool reverse : {false, true}) {
    const std::vector<double> words = loopExample(reverse);
    Program program(std::make_shared<Store>(), words.data(), words.size());
    const float x[] = {1, 10, 2, 20, 3, 30}, h0[] = {0.5f, 0.25f};
    const std::vector<float> forward = {0.5f, 0.25f, 1.5f, 10.25f, 3.5f, 30.25f, 6.5f, 60.25f};
    const std::vector<float> backward = {6.5f, 60.25f, 5.5f, 50.25f, 3.5f, 30.25f, 0.5f, 0.25f};
    program.bind();
    for (int run = 0; run < 2; run++) {
      std::memcpy(program.feed(0).data, x, sizeof x);
      std::memcpy(program.feed(1).data, h0, sizeof h0);
      program.run(false);
      const float* h = program.output(0).f32();
      CHECK(std::vector<float>(h, h + 8) == (reverse ? backward : forward));
    }
    std::memcpy(program.feed(0).data, x, sizeof x);
    program.feed(0).mutableF32()[2] = std::numeric_limits<float>::infinity();
    CHECK(program.run(true) == 1);
  }
}

TEST_CASE("whichever word is wrong, a program is refused or runs") {
  const double hostile[] = {std::nan(""),
                            std::numeric_limits<double>::infinity(),
                            -1,
                            0,
                            1,
                            2,
                            3,
                            6,
                            64,
                            0.5,
                            448,
                            512,
                            1e6,
                            2147483648.0,
                            4294967296.0,
                            9007199254740992.0,
                            1e300,
                            -1e12};
  for (const std::vector<double>& good : {example(), loopExample(false), loopExample(true)}) {
    int refused = 0, ran = 0;
    const auto attempt = [&](const std::vector<double>& words) {
      try {
        Program program(storeWithWeights(), words.data(), words.size());
        program.bind();
        for (int64_t i = 0; i < program.feedCount(); i++) {
          std::memset(program.feed(i).data, 0, static_cast<size_t>(program.feed(i).elements()) * 4);
        }
        program.run(true);
        ran++;
      } catch (const std::runtime_error&) {
        refused++;
      } catch (const std::bad_alloc&) {
        refused++;
      }
    };
    for (size_t i = 0; i < good.size(); i++) {
      for (const double value : hostile) {
        // A huge arena is legal and would only make this test slow.
        if (i == 7 && value > 1e6) continue;
        std::vector<double> words = good;
        words[i] = value;
        attempt(words);
      }
      attempt(std::vector<double>(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)));
    }
    CHECK(refused > ran);
    CHECK(ran > 0);
  }
}

TEST_CASE("a program that keeps times says when each op ran, in each step of a loop") {
  for (const bool keeps : {false, true}) {
    const std::vector<double> words = loopExample(true);
    Program program(std::make_shared<Store>(), words.data(), words.size(), {.keepsTimes = keeps});
    program.bind();
    std::fill_n(program.feed(0).mutableF32(), 6, 1.0f);
    std::fill_n(program.feed(1).mutableF32(), 2, 0.0f);
    program.run(false);
    program.run(false);
    const std::vector<OpTime> times = program.takeTimes();
    REQUIRE(times.size() == (keeps ? 8 : 0));
    CHECK(program.takeTimes().empty());
    const std::vector<int64_t> order = {0, 1, 1, 1, 0, 1, 1, 1};
    for (size_t i = 0; i < times.size(); i++) {
      CHECK(times[i].op == order[i]);
      CHECK(times[i].begin >= (i == 0 ? 0 : times[i - 1].end));
      CHECK(times[i].end >= times[i].begin);
    }
  }
}

TEST_CASE("errors of values say which op met them") {
  auto store = std::make_shared<Store>();
  store->declare(DType::f32, 8);
  // clang-format off
  const std::vector<double> words = {kProgramMagic, kProgramVersion, 3, 1, 1, 1, 0, 192,
                                     0, 1, 0, 2, 4, 2,   // table
                                     1, 0, 0, 1, 2,      // ids
                                     0, 0, 64, 2, 2, 2,  // rows
                                     1, 2, codeOf("embedding"), 2, 0, 1, 1, 2, 0};
  // clang-format on
  Program program(store, words.data(), words.size());
  program.bind();
  int32_t* ids = program.feed(0).mutableI32();
  ids[0] = 3;
  ids[1] = 4;
  CHECK_THROWS_WITH_AS(program.run(false), "embedding: id 4 at position 1 is outside the table of 4 rows", InputError);
}

TEST_CASE("programs of one store share its memory, and each finds its own there again") {
  auto store = std::make_shared<Store>();
  const std::vector<double> small = loopExample(false);
  std::vector<double> large = loopExample(true);
  large[7] = 4096;  // an arena that makes the store's grow
  Program first(store, small.data(), small.size()), second(store, large.data(), large.size());
  const float x[] = {1, 10, 2, 20, 3, 30}, h0[] = {0.5f, 0.25f};
  for (int run = 0; run < 3; run++) {
    for (Program* program : {&first, &second}) {
      program->bind();
      std::memcpy(program->feed(0).data, x, sizeof x);
      std::memcpy(program->feed(1).data, h0, sizeof h0);
      program->run(false);
      CHECK(program->output(0).f32()[program == &first ? 6 : 0] == 6.5f);
    }
    CHECK(first.output(0).data != nullptr);
    CHECK(store->workspaceBytes() < 2 * 4096);
  }
}
