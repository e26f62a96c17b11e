#include "search/beam_search.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <functional>
#include <limits>
#include <new>
#include <string>

#include "base/philox.h"
#include "kernels/elementwise.h"
#include "ops/ranges.h"

namespace ostinato {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();
// lib/search/sentenceSearch.ts has the same.
constexpr uint32_t kSearchKey = 0x5EA2C4;

size_t index(int64_t i) { return static_cast<size_t>(i); }

// Candidates of a row that can be among the best of its group. One that ends a hypothesis frees no beam: twice the
// width is enough even if half do. With diversity, those that earlier groups have chosen may fall back.
int64_t candidatesOf(const SearchOptions& options, int64_t V) {
  if (options.sampling) return 0;
  return std::min(2 * options.width() + (options.diversity > 0 ? options.beams : 0), V);
}

}  // namespace

// Memory of one thread.
struct BeamSearch::Scratch {
  std::vector<Candidate> candidates;
  std::unordered_map<int32_t, int64_t> chosen;  // how many earlier groups' hypotheses have chosen a token
  std::vector<int32_t> order;
  std::vector<float> masked;
  std::vector<double> weights;
  std::vector<Live> live;
  std::vector<double> coverage;
};

BeamSearch::BeamSearch(SearchOptions options, int64_t V, int64_t S)
    : options_(std::move(options)),
      V_(V),
      S_(S),
      open_(options_.sentences),
      banned_(index(V), 0),
      sentences_(index(options_.sentences)),
      tokens_(index(options_.rows()), options_.begin),
      parents_(index(options_.rows())),
      wanted_(index(options_.rows())),
      refused_(index(options_.rows())),
      candidates_(options_.rows(), candidatesOf(options_, V)),
      most_(index(options_.rows())),
      logSum_(index(options_.rows())) {
  for (const int32_t token : options_.banned) banned_[index(token)] = 1;
  // Whatever is drawn is drawn for each beam; a search begins with one hypothesis for each group.
  const int64_t firsts = options_.sampling ? options_.beams : options_.groups;
  for (int64_t s = 0; s < options_.sentences; s++) {
    Sentence& sentence = sentences_[index(s)];
    for (int64_t b = 0; b < firsts; b++) sentence.live.push_back({-1, static_cast<int32_t>(b), 0.0, 0});
    sentence.groupSizes.assign(index(options_.groups), firsts / options_.groups);
    sentence.finished.resize(index(options_.groups));
    sentence.shortest = options_.minimumLength;
    for (const auto& [position, token] : options_.each[index(s)].required) {
      sentence.required[position] = token;
      sentence.shortest = std::max(sentence.shortest, position + 1);
    }
    if (options_.coveragePenalty > 0) sentence.coverage.assign(index(firsts * S_), 0.0);
  }
  prepareRows();
}

// Which rows the next step is about, and which tokens may follow each.
void BeamSearch::prepareRows() {
  rows_.clear();
  for (int64_t s = 0; s < options_.sentences; s++) {
    const Sentence& sentence = at(s);
    if (sentence.done) continue;
    const auto required = sentence.required.find(sentence.length);
    for (int64_t place = 0; place < static_cast<int64_t>(sentence.live.size()); place++) {
      const int64_t row = s * options_.beams + place;
      rows_.push_back(static_cast<int32_t>(row));
      wanted_[index(row)] = required == sentence.required.end() ? -1 : required->second;
      refused_[index(row)].clear();
      if (wanted_[index(row)] < 0) refuse(sentence, sentence.live[index(place)], refused_[index(row)]);
    }
  }
}

void BeamSearch::read(int part, int64_t row, int64_t first, const float* logits, int64_t count) {
  if (wanted_[index(row)] >= 0) return candidates_.readOnly(part, row, first, logits, count, wanted_[index(row)]);
  const Live& live = liveAt(row);
  const std::vector<int32_t>& refused = refused_[index(row)];
  candidates_.read(part, row, first, logits, count, [&](int32_t token) {
    return !banned_[index(token)] && std::find(refused.begin(), refused.end(), token) == refused.end() &&
           mayFollow(live, token);
  });
}

void BeamSearch::advance(ThreadPool& pool, const float* logits, const float* attention) {
  begin(1);
  forRanges(pool, static_cast<int64_t>(rows_.size()), 2 * V_, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) read(0, rows_[index(i)], 0, logits + rows_[index(i)] * V_, V_);
  });
  choose(pool, logits, attention);
}

void BeamSearch::choose(ThreadPool& pool, const float* logits, const float* attention) {
  normalise();
  for (int64_t row = 0; row < options_.rows(); row++) parents_[index(row)] = row;
  const int64_t cost = options_.sampling ? V_ : 8 * candidates_.most();
  const int parts = partsFor(pool, options_.sentences, options_.beams * cost);
  std::vector<Scratch> scratch(index(parts));
  std::vector<std::exception_ptr> failures(index(parts));
  pool.parallel(parts, [&](int part) {
    const int64_t begin = options_.sentences * part / parts, end = options_.sentences * (part + 1) / parts;
    try {
      for (int64_t s = begin; s < end; s++) {
        Sentence& sentence = sentences_[index(s)];
        sentence.advanced = !sentence.done;
        if (sentence.advanced) advanceSentence(s, logits, attention, scratch[index(part)]);
      }
    } catch (...) {
      failures[index(part)] = std::current_exception();
    }
  });
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  open_ = std::count_if(sentences_.begin(), sentences_.end(), [](const Sentence& sentence) { return !sentence.done; });
  prepareRows();
}

// Finds the maximum and the sum that the log-softmax of each row takes.
void BeamSearch::normalise() {
  for (const int32_t row : rows_) {
    float& most = most_[index(row)];
    candidates_.sum(row, most, logSum_[index(row)]);
    if (most <= std::numeric_limits<float>::max()) continue;
    throw InputError("search: the logits of sentence " + std::to_string(row / options_.beams) + ", beam " +
                     std::to_string(row % options_.beams) + " hold " + (std::isnan(most) ? "a NaN" : "+infinity"));
  }
}

// In this order: the logits may be so large that the logarithm would vanish beside them.
double BeamSearch::logProbability(int64_t row, float logit) const {
  return static_cast<double>(logit) - static_cast<double>(most_[index(row)]) - logSum_[index(row)];
}

void BeamSearch::advanceSentence(int64_t s, const float* logits, const float* attention, Scratch& scratch) {
  Sentence& sentence = sentences_[index(s)];
  const int64_t firstRow = s * options_.beams, maximumLength = options_.each[index(s)].maximumLength;
  const int64_t width = options_.width();
  const bool covers = options_.coveragePenalty > 0;
  const double factor = lengthFactor(sentence.length + 1);
  scratch.chosen.clear();
  scratch.live.clear();
  scratch.coverage.clear();
  int64_t offset = 0;
  for (int64_t g = 0; g < options_.groups; g++) {
    const int64_t places = sentence.groupSizes[index(g)];
    scratch.candidates.clear();
    if (options_.sampling) {
      draw(s, places, logits + firstRow * V_, scratch);
    } else {
      findBest(s, offset, places, scratch);
    }
    int64_t rank = -1, kept = 0;
    for (const Candidate& candidate : scratch.candidates) {
      rank++;
      const bool ends = candidate.token == options_.end;
      if (ends ? rank >= width : kept >= width) continue;
      const int64_t place = offset + candidate.place;
      const Live& before = sentence.live[index(place)];
      const double sum = before.sum + candidate.logProbability;
      const float* weights = attention ? attention + (firstRow + place) * S_ : nullptr;
      double score = sum / factor;
      if (covers) {
        // The sums of the parent's attention and of this step's; they stay if the hypothesis lives on.
        const size_t from = scratch.coverage.size();
        double coverage = 0;
        for (int64_t i = 0; i < S_; i++) {
          const double got = sentence.coverage[index(place * S_ + i)] + static_cast<double>(weights[i]);
          scratch.coverage.push_back(got);
          // A position that does not exist gets none.
          if (got > 0) coverage += std::log(std::min(got, 1.0));
        }
        if (ends) scratch.coverage.resize(from);
        score += options_.coveragePenalty * coverage;
      }
      if (sentence.nodes.size() >= index(std::numeric_limits<int32_t>::max())) throw std::bad_alloc();
      const int32_t node = static_cast<int32_t>(sentence.nodes.size());
      sentence.nodes.push_back({candidate.token, before.node, candidate.logProbability, score});
      if (options_.attention) sentence.attention.insert(sentence.attention.end(), weights, weights + S_);
      if (ends) {
        sentence.finished[index(g)].push_back({node, score, true});
        continue;
      }
      const int64_t row = firstRow + static_cast<int64_t>(scratch.live.size());
      tokens_[index(row)] = candidate.token;
      parents_[index(row)] = firstRow + place;
      scratch.live.push_back({node, before.beam, sum, stateAfter(before, candidate.token)});
      if (options_.diversity > 0) scratch.chosen[candidate.token]++;
      kept++;
    }
    sentence.groupSizes[index(g)] = kept;
    offset += places;
  }
  sentence.live.swap(scratch.live);
  if (covers) sentence.coverage.swap(scratch.coverage);
  sentence.length++;
  sentence.done = sentence.length == maximumLength || sentence.live.empty() || cannotImprove(sentence, maximumLength);
}

// Finds the 2 · width best candidates of a group (candidatesOf), by rank, then place, then token.
void BeamSearch::findBest(int64_t s, int64_t firstPlace, int64_t places, Scratch& scratch) const {
  const Sentence& sentence = at(s);
  const size_t count = index(2 * options_.width());
  std::vector<Candidate>& kept = scratch.candidates;
  const auto before = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.place != b.place ? a.place < b.place : a.token < b.token;
  };
  for (int64_t place = 0; place < places; place++) {
    const double sum = sentence.live[index(firstPlace + place)].sum;
    const int64_t row = s * options_.beams + firstPlace + place;
    candidates_.forEach(row, [&](const RowCandidates::Entry& entry) {
      const double own = logProbability(row, entry.logit);
      if (!(own > kImpossible)) return;
      Candidate candidate{place, entry.token, own, sum + own};
      if (options_.diversity > 0) {
        const auto found = scratch.chosen.find(entry.token);
        if (found != scratch.chosen.end()) candidate.rank -= options_.diversity * static_cast<double>(found->second);
      }
      if (kept.size() == count && !before(candidate, kept.back())) return;
      kept.insert(std::upper_bound(kept.begin(), kept.end(), candidate, before), candidate);
      if (kept.size() > count) kept.pop_back();
    });
  }
}

// One token for each hypothesis; none where every token is impossible.
void BeamSearch::draw(int64_t s, int64_t places, const float* logits, Scratch& scratch) const {
  const Sentence& sentence = at(s);
  const ElementwiseKernels& k = elementwiseKernels();
  scratch.masked.resize(index(V_));
  scratch.weights.resize(index(V_));
  scratch.order.resize(index(V_));
  for (int64_t place = 0; place < places; place++) {
    const Live& live = sentence.live[index(place)];
    const float* x = logits + place * V_;
    const int64_t row = s * options_.beams + place;
    int32_t token = wanted_[index(row)];
    if (token < 0) {
      constexpr float kNever = -std::numeric_limits<float>::infinity();
      std::copy(x, x + V_, scratch.masked.begin());
      for (const int32_t refused : options_.banned) scratch.masked[index(refused)] = kNever;
      for (const int32_t refused : refused_[index(row)]) scratch.masked[index(refused)] = kNever;
      for (int64_t v = 0; options_.states > 0 && v < V_; v++) {
        if (!mayFollow(live, static_cast<int32_t>(v))) scratch.masked[index(v)] = kNever;
      }
      const float most = k.maximum(scratch.masked.data(), V_);
      if (most == kNever) continue;
      const Philox words = philox(static_cast<uint32_t>(live.beam), options_.each[index(s)].number,
                                  static_cast<uint32_t>(sentence.length), 0, options_.seed, kSearchKey);
      token = drawToken(scratch.masked.data(), V_, most, options_.filter, static_cast<double>(uniform01(words.word[0])),
                        scratch.weights.data(), scratch.order.data());
    }
    const double own = logProbability(row, x[token]);
    if (own > kImpossible) scratch.candidates.push_back({place, token, own, 0});
  }
}

// Tokens that may not follow a hypothesis, apart from those that are banned everywhere.
void BeamSearch::refuse(const Sentence& sentence, const Live& live, std::vector<int32_t>& refused) const {
  if (options_.end >= 0 && sentence.length < sentence.shortest) refused.push_back(options_.end);
  const int64_t n = options_.blockNgramRepeat;
  if (n == 0 || sentence.length < n) return;
  std::vector<int32_t> history(index(sentence.length));
  int32_t node = live.node;
  for (int64_t i = sentence.length - 1; i >= 0; i--) {
    history[index(i)] = sentence.nodes[index(node)].token;
    node = sentence.nodes[index(node)].parent;
  }
  const auto last = history.end() - (n - 1);
  for (auto from = history.begin(); history.end() - from >= n; ++from) {
    if (std::equal(last, history.end(), from)) refused.push_back(*(from + (n - 1)));
  }
}

double BeamSearch::lengthFactor(int64_t length) const {
  const double L = static_cast<double>(length);
  return options_.lengthPenalty < 0 ? L : std::pow((5 + L) / 6, options_.lengthPenalty);
}

// Whether no hypothesis can still reach a better score than the nBest that have ended. Every further token makes the
// sum smaller, and the length can make no more of it than the greatest length does. Coverage is at most 0.
bool BeamSearch::cannotImprove(const Sentence& sentence, int64_t maximumLength) const {
  if (!options_.earlyStopping || options_.groups > 1) return false;
  std::vector<double> scores;
  for (const Hypothesis& hypothesis : sentence.finished[0]) scores.push_back(hypothesis.score);
  if (static_cast<int64_t>(scores.size()) < options_.nBest) return false;
  const auto place = scores.begin() + (options_.nBest - 1);
  std::nth_element(scores.begin(), place, scores.end(), std::greater<double>());
  const double factor = lengthFactor(maximumLength);
  return std::all_of(sentence.live.begin(), sentence.live.end(),
                     [&](const Live& live) { return live.sum / factor <= *place; });
}

std::vector<BeamSearch::Hypothesis> BeamSearch::ranked(int64_t s) const {
  const Sentence& sentence = at(s);
  const auto better = [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; };
  std::vector<Hypothesis> found;
  for (const std::vector<Hypothesis>& group : sentence.finished) found.insert(found.end(), group.begin(), group.end());
  std::stable_sort(found.begin(), found.end(), better);
  // Hypotheses that were cut off count only where too few have ended.
  if (sentence.length == options_.each[index(s)].maximumLength) {
    const std::ptrdiff_t ended = static_cast<std::ptrdiff_t>(found.size());
    for (const Live& live : sentence.live) found.push_back({live.node, sentence.nodes[index(live.node)].score, false});
    std::stable_sort(found.begin() + ended, found.end(), better);
  }
  if (static_cast<int64_t>(found.size()) > options_.nBest) found.resize(index(options_.nBest));
  return found;
}

std::vector<int32_t> BeamSearch::best(int64_t s) const {
  const Sentence& sentence = at(s);
  Hypothesis chosen{-1, kImpossible, false};
  if (sentence.done) {
    const std::vector<Hypothesis> found = ranked(s);
    if (!found.empty()) chosen = found.front();
  } else {
    for (const std::vector<Hypothesis>& group : sentence.finished) {
      for (const Hypothesis& hypothesis : group) {
        if (hypothesis.score > chosen.score) chosen = hypothesis;
      }
    }
    for (const Live& live : sentence.live) {
      const double score = live.node < 0 ? 0 : sentence.nodes[index(live.node)].score;
      if (score > chosen.score) chosen = {live.node, score, false};
    }
  }
  std::vector<int32_t> tokens;
  for (const int32_t node : path(s, chosen)) tokens.push_back(sentence.nodes[index(node)].token);
  if (chosen.ended) tokens.pop_back();
  return tokens;
}

std::vector<int32_t> BeamSearch::path(int64_t s, const Hypothesis& hypothesis) const {
  std::vector<int32_t> nodes;
  for (int32_t node = hypothesis.node; node >= 0; node = at(s).nodes[index(node)].parent) nodes.push_back(node);
  std::reverse(nodes.begin(), nodes.end());
  return nodes;
}

}  // namespace ostinato
