// The definition of a search, for one sentence, written as plainly as possible: whole lists of tokens, all candidates
// sorted, double throughout. Tests hold native/search against it.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "base/philox.h"
#include "search/beam_search.h"
#include "search/search_options.h"

namespace ostinato {

// The result of a search for a sentence.
struct Found {
  std::vector<int32_t> tokens;
  double score;
};

inline std::vector<Found> found(const BeamSearch& search, int64_t sentence) {
  std::vector<Found> all;
  for (const BeamSearch::Hypothesis& hypothesis : search.ranked(sentence)) {
    all.push_back({{}, hypothesis.score});
    for (const int32_t node : search.path(sentence, hypothesis)) {
      all.back().tokens.push_back(search.nodes(sentence)[static_cast<size_t>(node)].token);
    }
  }
  return all;
}

// The logits after some tokens, and the attention of that step.
struct PlainModel {
  std::function<std::vector<double>(const std::vector<int32_t>&)> logits;
  std::function<std::vector<double>(const std::vector<int32_t>&)> attention;  // null: none
};

struct PlainHypothesis {
  std::vector<int32_t> tokens;
  double score = 0;
  bool ended = false;
};

// The token at fraction u: all by id, or the best k, or the best that reach p together.
inline int32_t plainDraw(const std::vector<double>& logits, const DrawFilter& filter, double u) {
  std::vector<int32_t> order;
  for (size_t v = 0; v < logits.size(); v++) {
    if (logits[v] > -std::numeric_limits<double>::infinity()) order.push_back(static_cast<int32_t>(v));
  }
  if (order.empty()) return -1;
  const auto at = [&](int32_t v) { return logits[static_cast<size_t>(v)]; };
  std::vector<int32_t> best = order;
  std::stable_sort(best.begin(), best.end(), [&](int32_t a, int32_t b) { return at(a) > at(b); });
  if (filter.temperature == 0) return best[0];
  const bool all = (filter.topK == 0 || filter.topK >= static_cast<int64_t>(logits.size())) && filter.topP >= 1;
  if (!all) order = best;
  if (filter.topK > 0 && filter.topK < static_cast<int64_t>(order.size()))
    order.resize(static_cast<size_t>(filter.topK));
  const auto weight = [&](int32_t v) { return std::exp((at(v) - at(best[0])) / filter.temperature); };
  double total = 0;
  for (const int32_t v : order) total += weight(v);
  if (filter.topP < 1) {
    double reached = 0;
    size_t kept = 0;
    while (kept < order.size() && reached < filter.topP * total) reached += weight(order[kept++]);
    order.resize(std::max<size_t>(kept, 1));
    total = reached;
  }
  double left = u * total;
  for (const int32_t v : order) {
    left -= weight(v);
    if (left < 0) return v;
  }
  return order.back();
}

class PlainSearch {
 public:
  PlainSearch(const SearchOptions& options, size_t sentence, const PlainModel& model)
      : o_(options), own_(options.each[sentence]), model_(model) {
    shortest_ = o_.minimumLength;
    for (const auto& [position, token] : own_.required) {
      required_[position] = token;
      shortest_ = std::max(shortest_, position + 1);
    }
  }

  std::vector<PlainHypothesis> run() {
    std::vector<std::vector<Beam>> groups(static_cast<size_t>(o_.groups));
    for (std::vector<Beam>& group : groups) {
      for (int64_t b = 0; b < (o_.sampling ? o_.beams : 1); b++) group.push_back({{}, 0, {}, b, 0});
    }
    std::vector<PlainHypothesis> ended;
    for (int64_t length = 0; length < own_.maximumLength; length++) {
      std::map<int32_t, int64_t> chosen;
      bool lives = false;
      for (std::vector<Beam>& group : groups) {
        group = step(group, chosen, ended);
        for (const Beam& beam : group) chosen[beam.tokens.back()]++;
        lives = lives || !group.empty();
      }
      if (!lives) break;
    }
    const auto better = [](const PlainHypothesis& a, const PlainHypothesis& b) { return a.score > b.score; };
    std::stable_sort(ended.begin(), ended.end(), better);
    std::vector<PlainHypothesis> cut;
    for (const std::vector<Beam>& group : groups) {
      for (const Beam& beam : group) {
        if (static_cast<int64_t>(beam.tokens.size()) == own_.maximumLength)
          cut.push_back({beam.tokens, scoreOf(beam), false});
      }
    }
    std::stable_sort(cut.begin(), cut.end(), better);
    ended.insert(ended.end(), cut.begin(), cut.end());
    if (static_cast<int64_t>(ended.size()) > o_.nBest) ended.resize(static_cast<size_t>(o_.nBest));
    return ended;
  }

 private:
  struct Beam {
    std::vector<int32_t> tokens;
    double sum;
    std::vector<double> coverage;
    int64_t number;
    int32_t state;  // of the automaton
  };
  struct Candidate {
    size_t place;
    int32_t token;
    double logProbability, rank;
  };

  // -1: the token may not come.
  int32_t stateAfter(const Beam& beam, int32_t token) const {
    if (o_.states == 0) return 0;
    const int64_t row = o_.classOf[static_cast<size_t>(token)];
    return o_.next[static_cast<size_t>(row * o_.states + beam.state)];
  }

  std::set<int32_t> refusedAfter(const std::vector<int32_t>& tokens) const {
    std::set<int32_t> refused(o_.banned.begin(), o_.banned.end());
    const size_t n = static_cast<size_t>(o_.blockNgramRepeat);
    if (o_.end >= 0 && static_cast<int64_t>(tokens.size()) < shortest_) refused.insert(o_.end);
    // A token is refused that would make an n-gram that is there already.
    for (size_t i = 0; n > 0 && i + n <= tokens.size(); i++) {
      bool same = true;
      for (size_t k = 0; k + 1 < n; k++) same = same && tokens[i + k] == tokens[tokens.size() - (n - 1) + k];
      if (same) refused.insert(tokens[i + n - 1]);
    }
    return refused;
  }

  std::vector<Beam> step(const std::vector<Beam>& group, const std::map<int32_t, int64_t>& chosen,
                         std::vector<PlainHypothesis>& ended) const {
    constexpr double kNever = -std::numeric_limits<double>::infinity();
    const size_t width = static_cast<size_t>(o_.beams / o_.groups);
    std::vector<Candidate> all;
    for (size_t place = 0; place < group.size(); place++) {
      const Beam& beam = group[place];
      const std::vector<double> logits = model_.logits(beam.tokens);
      const double most = *std::max_element(logits.begin(), logits.end());
      double sum = 0;
      for (const double logit : logits) sum += std::exp(logit - most);
      const auto logProbability = [&](size_t v) { return logits[v] - most - std::log(sum); };
      const auto wanted = required_.find(static_cast<int64_t>(beam.tokens.size()));
      const std::set<int32_t> refused = refusedAfter(beam.tokens);
      std::vector<double> open = logits;
      for (size_t v = 0; v < open.size(); v++) {
        const int32_t token = static_cast<int32_t>(v);
        const bool out = wanted != required_.end() ? token != wanted->second
                                                   : refused.count(token) > 0 || stateAfter(beam, token) < 0;
        if (out) open[v] = kNever;
      }
      if (o_.sampling) {
        const Philox words = philox(static_cast<uint32_t>(beam.number), own_.number,
                                    static_cast<uint32_t>(beam.tokens.size()), 0, o_.seed, 0x5EA2C4);
        const int32_t token = plainDraw(open, o_.filter, static_cast<double>(uniform01(words.word[0])));
        if (token >= 0) all.push_back({place, token, logProbability(static_cast<size_t>(token)), 0});
        continue;
      }
      for (size_t v = 0; v < open.size(); v++) {
        if (open[v] == kNever) continue;
        const auto before = chosen.find(static_cast<int32_t>(v));
        const double penalty = before == chosen.end() ? 0 : o_.diversity * static_cast<double>(before->second);
        all.push_back({place, static_cast<int32_t>(v), logProbability(v), beam.sum + logProbability(v) - penalty});
      }
    }
    if (!o_.sampling) {
      std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) { return a.rank > b.rank; });
      if (all.size() > 2 * width) all.resize(2 * width);
    }
    std::vector<Beam> next;
    for (size_t rank = 0; rank < all.size(); rank++) {
      const Candidate& candidate = all[rank];
      const Beam& before = group[candidate.place];
      Beam grown = before;
      grown.tokens.push_back(candidate.token);
      grown.sum += candidate.logProbability;
      grown.state = std::max(0, stateAfter(before, candidate.token));
      if (model_.attention) {
        const std::vector<double> weights = model_.attention(before.tokens);
        grown.coverage.resize(weights.size());
        for (size_t s = 0; s < weights.size(); s++) grown.coverage[s] += weights[s];
      }
      if (candidate.token == o_.end) {
        if (rank < width) ended.push_back({grown.tokens, scoreOf(grown), true});
      } else if (next.size() < width) {
        next.push_back(grown);
      }
    }
    return next;
  }

  // Wu et al. (2016), equation 14. A position of the source that does not exist gets no attention and costs nothing.
  double scoreOf(const Beam& beam) const {
    const double L = static_cast<double>(beam.tokens.size());
    double score = beam.sum / (o_.lengthPenalty < 0 ? L : std::pow((5 + L) / 6, o_.lengthPenalty));
    for (const double got : beam.coverage) {
      if (got > 0) score += o_.coveragePenalty * std::log(std::min(got, 1.0));
    }
    return score;
  }

  const SearchOptions& o_;
  const SearchOptions::Sentence& own_;
  const PlainModel& model_;
  std::map<int64_t, int32_t> required_;
  int64_t shortest_;
};

}  // namespace ostinato
