#include "search/program_search.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "doctest/doctest.h"
#include "plain_search.h"
#include "test_tensors.h"

using namespace ostinato;

namespace {

// clang-format off: programs are words, a line for each value and op

// logits [4,3] = table[tokens], attention [4,2] = y = tanh(h).
std::shared_ptr<Program> stepProgram() {
  const std::vector<double> words = {kProgramMagic, kProgramVersion, 5, 2, 2, 2, 0, 256,
                                     0, 1, 0, 2, 3, 3,    // table
                                     1, 0, 0, 1, 4,       // tokens
                                     0, 0, 64, 2, 4, 3,   // logits
                                     0, 0, 128, 2, 4, 2,  // h
                                     0, 0, 192, 2, 4, 2,  // y
                                     1, 3, 2, 4,
                                     codeOf("embedding"), 2, 0, 1, 1, 2, 0,
                                     codeOf("tanh"), 1, 3, 1, 4, 0};
  auto store = std::make_shared<Store>();
  store->declare(DType::f32, 9);
  const float table[] = {0, 1, 2, 0, 0, 0, 2, 0, 1};
  std::memcpy(store->variable(0).memory.data(), table, sizeof table);
  return std::make_shared<Program>(store, words.data(), words.size());
}

// Two sentences with two beams over that step, with a bit of everything.
std::vector<double> searchWords() {
  return {0, 0, 1, 1, 1, 1, 0,     // tokens, logits, attention, one link: y is the next h; nothing is kept
          2, 2, 2, 1, 0, 1,        // sentences, beams, nBest, groups, diversity, minimum length
          2, 0.5, 0.25, 1, 0, 1,   // n-grams, length penalty, coverage penalty, early stopping, begin, end
          0, 1, 0, 1, 7, 1, 1,     // sampling, temperature, topK, topP, seed, attention, tree
          0,                       // banned
          2, 2, 1, -1, 0, 0, 0, 1, 0,  // an automaton: two states, two classes and the states after them, three tokens
          5, 0, 1, 0, 2,           // five tokens at most, number 0, the first a 2
          4, 1, 0};
}
// clang-format on

void run(ProgramSearch& search, int64_t steps) {
  for (int64_t i = 0; i < search.program().feedCount(); i++) {
    std::memset(search.input(i), 0, static_cast<size_t>(search.program().feed(i).elements()) * 4);
  }
  search.program().bind(Runs::repeatedly);
  search.advance(steps);
}

}  // namespace

TEST_CASE("a program is replayed until the search ends, in however many pieces") {
  const std::vector<double> words = searchWords();
  std::vector<std::vector<Found>> results;
  for (const int64_t steps : {1, 2, 100}) {
    ProgramSearch search(stepProgram(), words.data(), words.size());
    run(search, steps);
    while (!search.search().done()) {
      // Somebody else uses the arena meanwhile.
      std::memset(search.program().store().arena(256), 0x7f, 256);
      search.advance(steps);
    }
    results.push_back(found(search.search(), 0));
    CHECK(results.back().front().tokens.front() == 2);
    for (size_t i = 0; i < results.back().size(); i++) {
      CHECK(results.back()[i].tokens == results.front()[i].tokens);
      CHECK(results.back()[i].score == results.front()[i].score);
    }
  }
}

TEST_CASE("what is kept is the same in however many pieces, and follows no hypothesis") {
  std::vector<double> words = searchWords();
  // y is the next h as it is, and no link.
  const std::vector<double> ports = {0, 0, 1, 0, 1, 1, 1};
  std::copy(ports.begin(), ports.end(), words.begin());
  const float first[] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f};
  for (const int64_t steps : {1, 100}) {
    ProgramSearch search(stepProgram(), words.data(), words.size());
    run(search, 0);
    std::memcpy(search.input(1), first, sizeof first);
    for (int64_t taken = 0; taken < 2 && !search.search().done(); taken += steps) {
      std::memset(search.program().store().arena(256), 0x7f, 256);
      search.advance(steps == 1 ? 1 : 2);
    }
    float kept[8];
    std::memcpy(kept, search.input(1), sizeof kept);
    for (int i = 0; i < 8; i++) CHECK(kept[i] == doctest::Approx(std::tanh(std::tanh(first[i]))).epsilon(1e-5));
  }
}

TEST_CASE("a search that has failed does not go on") {
  const std::vector<double> words = searchWords();
  const std::shared_ptr<Program> program = stepProgram();
  static_cast<float*>(program->store().variable(0).memory.data())[0] = std::nanf("");
  ProgramSearch search(program, words.data(), words.size());
  CHECK_THROWS_WITH_AS(run(search, 3), "search: the logits of sentence 0, beam 0 hold a NaN", InputError);
  CHECK_THROWS_AS(search.advance(1), ProgramError);
  CHECK_THROWS_AS(search.search(), ProgramError);
}

TEST_CASE("whichever word is wrong, a search is refused or runs") {
  const std::vector<double> good = searchWords();
  const double hostile[] = {std::nan(""),
                            std::numeric_limits<double>::infinity(),
                            -1,
                            -0.5,
                            0,
                            1,
                            2,
                            3,
                            4,
                            5,
                            0.5,
                            1e6,
                            2147483647.0,
                            2147483648.0,
                            4294967296.0,
                            9007199254740992.0,
                            1e300,
                            -1e12};
  int refused = 0, ran = 0;
  const auto attempt = [&](const std::vector<double>& words) {
    try {
      ProgramSearch search(stepProgram(), words.data(), words.size());
      run(search, 20);
      for (int64_t s = 0; s < search.search().options().sentences; s++) {
        search.search().best(s);
        found(search.search(), s);
      }
      ran++;
    } catch (const std::runtime_error&) {
      refused++;
    }
  };
  for (size_t i = 0; i < good.size(); i++) {
    for (const double value : hostile) {
      std::vector<double> words = good;
      words[i] = value;
      attempt(words);
      // Sampling takes other paths.
      words[19] = 1;
      attempt(words);
    }
    attempt(std::vector<double>(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(i)));
  }
  CHECK(refused > ran / 4);
  CHECK(ran > 0);
}

namespace {

// The error about a search whose words were changed.
std::string verdict(const std::function<void(std::vector<double>&)>& change) {
  std::vector<double> words = searchWords();
  change(words);
  try {
    ProgramSearch search(stepProgram(), words.data(), words.size());
  } catch (const ProgramError& error) {
    return error.what();
  }
  return "fits";
}

std::string withWord(size_t i, double value) {
  return verdict([&](std::vector<double>& words) { words[i] = value; });
}

}  // namespace

TEST_CASE("each number of a search is in its range, and what it says is said") {
  CHECK(verdict([](std::vector<double>&) {}) == "fits");
  struct Bounds {
    size_t word;
    const char* what;
    double below, above;
  };
  const double int32 = 2147483648.0, uint32 = 4294967296.0;
  for (const Bounds& b : {Bounds{0, "the feed of tokens", -1, 2},
                          Bounds{1, "the output of logits", -1, 2},
                          Bounds{2, "the output of attention", -2, 2},
                          Bounds{3, "the number of links", -1, 3},
                          Bounds{4, "an output", -1, 2},
                          Bounds{5, "a feed", -1, 2},
                          Bounds{6, "the number of values that are kept", -1, 3},
                          Bounds{7, "the number of sentences", 0, 5},
                          Bounds{8, "the number of beams", 0, 3},
                          Bounds{9, "nBest", 0, 3},
                          Bounds{10, "the number of groups", 0, 3},
                          Bounds{12, "the minimum length", -1, int32},
                          Bounds{13, "the length of n-grams", -1, int32},
                          Bounds{16, "early stopping", -1, 2},
                          Bounds{17, "the first token", -1, 3},
                          Bounds{18, "the end", -2, 3},
                          Bounds{19, "sampling", -1, 2},
                          Bounds{21, "topK", -1, int32},
                          Bounds{23, "the seed", -1, uint32},
                          Bounds{24, "attention", -1, 2},
                          Bounds{25, "the tree", -1, 2},
                          Bounds{26, "the number of banned tokens", -1, int32},
                          Bounds{27, "the number of states", -1, int32},
                          Bounds{28, "the number of classes", 0, int32},
                          Bounds{29, "a state", -2, 2},
                          Bounds{33, "a class", -1, 2},
                          Bounds{36, "a maximum length", 0, int32},
                          Bounds{37, "a sentence's number", -1, uint32},
                          Bounds{38, "the number of required tokens", -1, int32},
                          Bounds{39, "a position", -1, 5},
                          Bounds{40, "a required token", -1, 3}}) {
    for (const double value : {b.below, b.above, b.below + 0.5, std::nan("")}) {
      CHECK(withWord(b.word, value).find(std::string("malformed search: ") + b.what + " is ") == 0);
    }
  }
  for (const auto& [word, what, below] :
       {std::tuple(11, "the diversity", -0.5), std::tuple(14, "the length penalty", -1.5),
        std::tuple(15, "the coverage penalty", -0.1), std::tuple(20, "the temperature", -0.1),
        std::tuple(22, "topP", -0.1)}) {
    for (const double value : {below, std::nan(""), std::numeric_limits<double>::infinity()}) {
      CHECK(withWord(static_cast<size_t>(word), value).find(std::string("malformed search: ") + what + " is ") == 0);
    }
  }
  CHECK(verdict([](std::vector<double>& words) { words.pop_back(); }) ==
        "malformed search: it ends before the number of required tokens");
  CHECK(verdict([](std::vector<double>& words) { words.push_back(0); }) == "search: it goes on after its end");
}

TEST_CASE("a search fits the step that it replays, and its options fit each other") {
  CHECK(withWord(0, 1) == "search: the feed of tokens holds no whole numbers");
  CHECK(withWord(5, 0) == "search: the tokens are fed by the search");
  CHECK(withWord(4, 0) == "search: an output does not fit the feed that is to get its rows");  // [4,3] to [4,2]
  CHECK(withWord(8, 1) == "search: 2 sentences with 1 beams do not make the step's 4 rows");
  CHECK(verdict([](std::vector<double>& words) {
          words[7] = 1;
          words[8] = 4;
          words[10] = 3;
        }) == "search: the groups do not divide the beams");
  CHECK(withWord(22, 0) == "search: topP must be above 0");
  CHECK(verdict([](std::vector<double>& words) { words[10] = 2, words[19] = 1; }) ==
        "search: sampling knows no groups");
  // Attention is wanted, or the penalty for what it has not covered.
  CHECK(withWord(2, -1) == "search: the step has no output for attention");
  CHECK(verdict([](std::vector<double>& words) { words[2] = -1, words[24] = 0; }) ==
        "search: the step has no output for attention");
  CHECK(verdict([](std::vector<double>& words) { words[2] = -1, words[15] = 0; }) ==
        "search: the step has no output for attention");
  CHECK(verdict([](std::vector<double>& words) { words[2] = -1, words[15] = 0, words[24] = 0; }) == "fits");
}

TEST_CASE("logits, attention and what is carried have a row for each token") {
  // A step of 4 tokens whose outputs are given; three of them are fed as they are.
  const auto step = [](const std::vector<double>& logits, const std::vector<double>& attention,
                       const std::vector<double>& state) {
    std::vector<double> words = {kProgramMagic, kProgramVersion, 4, 0, 4, 3, 0, 1024, 1, 0, 0, 1, 4};
    for (const std::vector<double>& value : {logits, attention, state})
      words.insert(words.end(), value.begin(), value.end());
    words.insert(words.end(), {0, 1, 2, 3, 1, 2, 3});
    const auto program = std::make_shared<Program>(std::make_shared<Store>(), words.data(), words.size());
    std::vector<double> search = searchWords();
    search[2] = 1;  // attention
    search[4] = 2;  // output "state" is carried to
    search[5] = 3;  // feed "state"
    try {
      ProgramSearch(program, search.data(), search.size());
    } catch (const ProgramError& error) {
      return std::string(error.what());
    }
    return std::string("fits");
  };
  const std::vector<double> logits = {0, 0, 256, 2, 4, 3}, attention = {0, 0, 512, 2, 4, 2},
                            state = {0, 0, 768, 2, 4, 2};
  CHECK(step(logits, attention, state) == "fits");
  const std::string noLogits = "search: the logits are no f32 matrix with a row for each token";
  const std::string noAttention = "search: the attention is no f32 matrix with a row for each token";
  for (const std::vector<double>& wrong :
       {std::vector<double>{1, 0, 256, 2, 4, 3}, {0, 0, 256, 2, 3, 3}, {0, 0, 256, 1, 4}, {0, 0, 256, 3, 4, 3, 1}}) {
    CHECK(step(wrong, attention, state) == noLogits);
    CHECK(step(logits, wrong, state) == noAttention);
  }
  CHECK(step(logits, attention, {0, 0, 768, 0}) == "search: what is carried has no row for each token");
  CHECK(step(logits, attention, {0, 0, 768, 2, 2, 4}) == "search: what is carried has no row for each token");
}
