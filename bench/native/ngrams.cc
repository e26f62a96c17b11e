// Queries of a table of n-grams, one after the other on one thread, as KenLM's kenlm_benchmark makes them.
//
//   build-bench/ngrams TABLE IDS MARK SECONDS
//
// TABLE has the numbers of a table and IDS those of a text's words, int32 each, with MARK before and after every
// sentence. Prints the least seconds of the processor for a pass over the text, its queries, and the sum of their
// log-probabilities. bench/ngrams.mjs builds and runs it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>

#include "ngram/ngram_table.h"

using namespace ostinato;

namespace {

// Seconds of the processor: other programs do not count.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<int32_t> numbersIn(const char* name) {
  std::ifstream file(name, std::ios::binary | std::ios::ate);
  std::vector<int32_t> numbers(static_cast<size_t>(std::max<std::streamoff>(file.tellg(), 0)) / sizeof(int32_t));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(int32_t)));
  return numbers;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::vector<int32_t> numbers = numbersIn(argv[1]), ids = numbersIn(argv[2]);
  const int32_t mark = std::atoi(argv[3]);
  NgramTable table;
  const char* wrong = table.open(numbers.data(), static_cast<int64_t>(numbers.size()), numbers.at(3));
  if (wrong) return std::fprintf(stderr, "%s\n", wrong), 1;
  const int32_t opening = table.step(0, mark).state;
  const double end = seconds() + std::atof(argv[4]);
  double least = 1e9, sum = 0;
  while (seconds() < end) {
    const double begin = seconds();
    int32_t state = opening;
    sum = 0;
    for (const int32_t id : ids) {
      const NgramTable::Step step = table.step(state, id);
      sum += static_cast<double>(step.logProbability);
      state = id == mark ? opening : step.state;
    }
    least = std::min(least, seconds() - begin);
  }
  std::printf("{\"seconds\": %.9g, \"queries\": %zu, \"sum\": %.9g}\n", least, ids.size(), sum);
}
