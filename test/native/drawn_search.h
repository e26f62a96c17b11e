// Options of searches for tests.
#pragma once

#include <cstdint>

#include "base/philox.h"
#include "search/search_options.h"

namespace ostinato {

inline SearchOptions optionsOf(int64_t sentences, int64_t beams, int64_t maximumLength) {
  SearchOptions options;
  options.sentences = sentences;
  options.beams = beams;
  options.end = 1;
  for (int64_t s = 0; s < sentences; s++) options.each.push_back({maximumLength, static_cast<uint32_t>(s), {}});
  return options;
}

// Options that a person might combine, by a number.
inline SearchOptions drawn(uint32_t seed, int64_t V, bool attends) {
  uint32_t draws = 0;
  const auto below = [&](uint32_t n) { return static_cast<int64_t>(philox(draws++, 0, 0, 0, seed, 9).word[0] % n); };
  const auto maybe = [&](uint32_t percent) { return below(100) < percent; };
  const auto token = [&] { return static_cast<int32_t>(below(static_cast<uint32_t>(V))); };
  const int64_t groups = maybe(30) ? 2 : 1;
  SearchOptions o = optionsOf(1 + below(3), groups * (1 + below(4)), 3 + below(7));
  o.groups = groups;
  o.nBest = 1 + below(static_cast<uint32_t>(o.beams));
  o.end = maybe(15) ? -1 : 1;
  o.begin = token();
  if (groups > 1 && maybe(60)) o.diversity = 0.3 * static_cast<double>(below(5));
  if (maybe(40)) o.minimumLength = below(5);
  if (maybe(40)) o.blockNgramRepeat = 1 + below(3);
  if (maybe(60)) o.lengthPenalty = maybe(40) ? -1 : 0.4 * static_cast<double>(below(5));
  if (attends && maybe(70)) o.coveragePenalty = 0.3 * static_cast<double>(below(4));
  o.earlyStopping = maybe(50);
  o.attention = attends && maybe(50);
  if (maybe(30)) o.banned = {token(), 2};
  if (groups == 1 && maybe(35)) {
    o.sampling = true;
    o.filter = {0.5 * static_cast<double>(below(4)), maybe(50) ? 0 : 1 + below(6), maybe(50) ? 1.0 : 0.7};
    o.seed = seed;
  }
  if (maybe(30)) {
    o.states = 1 + below(3);
    const int64_t classes = 1 + below(3);
    // Every fourth step leads nowhere.
    for (int64_t i = 0; i < classes * o.states; i++)
      o.next.push_back(maybe(25) ? -1 : static_cast<int32_t>(below(static_cast<uint32_t>(o.states))));
    for (int64_t v = 0; v < V; v++) o.classOf.push_back(static_cast<int32_t>(below(static_cast<uint32_t>(classes))));
  }
  for (SearchOptions::Sentence& sentence : o.each) {
    sentence.maximumLength = 2 + below(8);
    sentence.number = static_cast<uint32_t>(below(1000));
    if (maybe(30)) sentence.required = {{below(2), token()}};
  }
  return o;
}

}  // namespace ostinato
