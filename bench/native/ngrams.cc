// Queries of a table of n-grams on one thread, as evaluate() makes them: of a text, some hundred words at a time.
//
//   build-bench/ngrams TABLE IDS MARK SECONDS
//
// TABLE has the numbers of a table and IDS those of a text's words, int32 each, with MARK before and after every
// sentence. Prints the least seconds of the processor for a pass over the text, its queries, and the sum of their
// log-probabilities. bench/ngrams.mjs builds and runs it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <vector>

#include "base/aligned_memory.h"
#include "ngram/ngram_scores.h"

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
  // Where a model keeps its table.
  AlignedMemory memory(numbers.size() * sizeof(int32_t));
  std::memcpy(memory.data(), numbers.data(), memory.bytes());
  NgramTable table;
  const char* wrong =
      table.open(static_cast<const int32_t*>(memory.data()), static_cast<int64_t>(numbers.size()), numbers.at(3));
  if (wrong) return std::fprintf(stderr, "%s\n", wrong), 1;
  if (ids.empty()) return 2;
  std::vector<int32_t> inputs(ids.size(), mark);
  std::copy(ids.begin(), ids.end() - 1, inputs.begin() + 1);
  std::vector<float> losses(ids.size());
  const int32_t start = 0;
  const NgramTexts text{
      static_cast<int64_t>(ids.size()), 1, &start, inputs.data(), ids.data(), nullptr, losses.data(), nullptr, nullptr};
  const double end = seconds() + std::atof(argv[4]);
  double least = 1e9, sum = 0;
  while (seconds() < end) {
    const double begin = seconds();
    scoreTexts(table, text, 0, 1);
    sum = 0;
    for (const float loss : losses) sum -= static_cast<double>(loss);
    least = std::min(least, seconds() - begin);
  }
  std::printf("{\"seconds\": %.9g, \"queries\": %zu, \"sum\": %.9g}\n", least, ids.size(), sum);
}
