#include "search/search_options.h"

#include <limits>

namespace ostinato {

SearchOptions readSearchOptions(WordReader& reader, int64_t N, int64_t V, bool hasAttention) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  const auto flag = [&](const char* what) { return reader.integer(what, 0, 1) == 1; };
  const auto token = [&](const char* what) { return static_cast<int32_t>(reader.integer(what, 0, V - 1)); };
  SearchOptions options;
  options.sentences = reader.integer("the number of sentences", 1, N);
  options.beams = reader.integer("the number of beams", 1, N / options.sentences);
  if (options.rows() != N) {
    throw ProgramError("search: " + std::to_string(options.sentences) + " sentences with " +
                       std::to_string(options.beams) + " beams do not make the step's " + std::to_string(N) + " rows");
  }
  options.nBest = reader.integer("nBest", 1, options.beams);
  options.groups = reader.integer("the number of groups", 1, options.beams);
  if (options.beams % options.groups != 0) throw ProgramError("search: the groups do not divide the beams");
  options.diversity = reader.finite("the diversity", 0);
  options.minimumLength = reader.integer("the minimum length", 0, kMost);
  options.blockNgramRepeat = reader.integer("the length of n-grams", 0, kMost);
  options.lengthPenalty = reader.finite("the length penalty", -1);
  options.coveragePenalty = reader.finite("the coverage penalty", 0);
  options.earlyStopping = flag("early stopping");
  options.begin = token("the first token");
  options.end = static_cast<int32_t>(reader.integer("the end", -1, V - 1));
  options.sampling = flag("sampling");
  options.filter.temperature = reader.finite("the temperature", 0);
  options.filter.topK = reader.integer("topK", 0, kMost);
  options.filter.topP = reader.finite("topP", 0);
  if (options.filter.topP <= 0) throw ProgramError("search: topP must be above 0");
  options.seed = static_cast<uint32_t>(reader.integer("the seed", 0, std::numeric_limits<uint32_t>::max()));
  options.attention = flag("attention");
  options.tree = flag("the tree");
  if (!hasAttention && (options.attention || options.coveragePenalty > 0)) {
    throw ProgramError("search: the step has no output for attention");
  }
  if (options.sampling && options.groups > 1) throw ProgramError("search: sampling knows no groups");
  // Each entry takes at least one word, so hostile counts end at the array's end and not in an allocation.
  for (int64_t left = reader.integer("the number of banned tokens", 0, kMost); left > 0; left--) {
    options.banned.push_back(token("a banned token"));
  }
  options.states = reader.integer("the number of states", 0, kMost);
  if (options.states > 0) {
    const int64_t classes = reader.integer("the number of classes", 1, kMost);
    for (int64_t left = classes * options.states; left > 0; left--) {
      options.next.push_back(static_cast<int32_t>(reader.integer("a state", -1, options.states - 1)));
    }
    for (int64_t left = V; left > 0; left--) {
      options.classOf.push_back(static_cast<int32_t>(reader.integer("a class", 0, classes - 1)));
    }
  }
  for (int64_t s = 0; s < options.sentences; s++) {
    const int64_t maximumLength = reader.integer("a maximum length", 1, kMost);
    const int64_t number = reader.integer("a sentence's number", 0, std::numeric_limits<uint32_t>::max());
    SearchOptions::Sentence sentence{maximumLength, static_cast<uint32_t>(number), {}};
    for (int64_t left = reader.integer("the number of required tokens", 0, kMost); left > 0; left--) {
      const int64_t position = reader.integer("a position", 0, sentence.maximumLength - 1);
      sentence.required.emplace_back(position, token("a required token"));
    }
    options.each.push_back(std::move(sentence));
  }
  return options;
}

}  // namespace ostinato
