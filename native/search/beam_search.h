// Beam search over all sentences and beams at once, on raw memory: a step's logits in, the next step's tokens and the
// rows that they continue out. It reads logits block by block (ops/operation.h), so that they need not be kept; drawing
// alone wants them whole. lib/search/sentenceSearch.ts does the same for one sentence and is what this is tested
// against.
//
//   N = sentences · beams rows; row = sentence · beams + place. The hypotheses of a sentence that live stand in its
//   first rows; the rows after them, and those of sentences that are done, stay as they were.
//
// Candidates are ordered by rank, then by place, then by token, so that a result depends on neither threads nor kernels
// but for the rounding of the log-softmax. With `sampling`, hypothesis b of sentence s draws token t with Philox
// counter (b, s, t, 0).
//
// Hypotheses are leaves of a trie of nodes, one trie for each sentence; it is the tree that is returned for drawing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/thread_pool.h"
#include "ops/operation.h"
#include "search/row_candidates.h"
#include "search/search_options.h"

namespace ostinato {

class BeamSearch final : public BlockReader {
 public:
  struct Node {
    int32_t token;
    int32_t parent;  // -1: the beginning
    double logProbability;
    double score;  // of the hypothesis up to here
  };
  struct Hypothesis {
    int32_t node;  // -1: of no token
    double score;
    bool ended;
  };

  // S: columns of attention; 0 without. The options have been checked (readSearchOptions). Throws std::bad_alloc.
  BeamSearch(SearchOptions options, int64_t V, int64_t S);

  // [N] what the next step reads.
  const std::vector<int32_t>& tokens() const { return tokens_; }
  // [N] of each row, the one that it continues.
  const std::vector<int64_t>& parents() const { return parents_; }
  bool done() const { return open_ == 0; }
  const SearchOptions& options() const { return options_; }
  int64_t attentionColumns() const { return S_; }

  // logits [N,V], attention [N,S] or null, of the step that read tokens(). Throws InputError for logits without a
  // distribution, after which the search is of no use, as after std::bad_alloc.
  void advance(ThreadPool& pool, const float* logits, const float* attention);

  // The same where it has read the logits in blocks.
  void advanceRead(ThreadPool& pool, const float* attention) { choose(pool, nullptr, attention); }
  // Whether it may, and what it keeps of each row in each of `parts` is smaller than the row.
  bool readsBlocks(int parts) const { return !options_.sampling && 2 * parts * candidates_.most() <= V_; }

  // A BlockReader: rows are those of the hypotheses that live.
  std::span<const int32_t> rows() const override { return rows_; }
  void begin(int parts) override { candidates_.begin(parts); }
  void read(int part, int64_t row, int64_t first, const float* logits, int64_t count) override;

  // Whether a sentence took part in the last step.
  bool advanced(int64_t sentence) const { return at(sentence).advanced; }
  // The best hypothesis so far, without its end; when the sentence is done, of the result.
  std::vector<int32_t> best(int64_t sentence) const;
  // The result, best first.
  std::vector<Hypothesis> ranked(int64_t sentence) const;
  // From the beginning to the hypothesis' last node.
  std::vector<int32_t> path(int64_t sentence, const Hypothesis& hypothesis) const;
  const std::vector<Node>& nodes(int64_t sentence) const { return at(sentence).nodes; }
  // [nodes,S], with options().attention.
  const std::vector<float>& attention(int64_t sentence) const { return at(sentence).attention; }

 private:
  struct Live {
    int32_t node;
    int32_t beam;  // chooses its random numbers
    double sum;
    int32_t state;  // of the automaton
  };
  // The search of one sentence.
  struct Sentence {
    std::vector<Node> nodes;
    std::vector<float> attention;
    std::vector<Live> live;
    std::vector<int64_t> groupSizes;                // of live
    std::vector<double> coverage;                   // [live,S], with a coverage penalty
    std::vector<std::vector<Hypothesis>> finished;  // by group
    std::unordered_map<int64_t, int32_t> required;
    int64_t shortest = 0, length = 0;
    bool done = false, advanced = false;
  };
  struct Candidate {
    int64_t place;
    int32_t token;
    double logProbability, rank;
  };
  struct Scratch;

  const Sentence& at(int64_t sentence) const { return sentences_[static_cast<size_t>(sentence)]; }
  const Live& liveAt(int64_t row) const {
    return at(row / options_.beams).live[static_cast<size_t>(row % options_.beams)];
  }
  void prepareRows();
  void choose(ThreadPool& pool, const float* logits, const float* attention);
  void normalise();
  double logProbability(int64_t row, float logit) const;
  void advanceSentence(int64_t s, const float* logits, const float* attention, Scratch& scratch);
  void findBest(int64_t s, int64_t firstPlace, int64_t places, Scratch& scratch) const;
  void draw(int64_t s, int64_t places, const float* logits, Scratch& scratch) const;
  void refuse(const Sentence& sentence, const Live& live, std::vector<int32_t>& refused) const;
  bool mayFollow(const Live& live, int32_t token) const {
    return options_.states == 0 || options_.stateAfter(live.state, token) >= 0;
  }
  // A required token that the automaton refuses begins it again.
  int32_t stateAfter(const Live& live, int32_t token) const {
    return options_.states == 0 ? 0 : std::max(0, options_.stateAfter(live.state, token));
  }
  double lengthFactor(int64_t length) const;
  bool cannotImprove(const Sentence& sentence, int64_t maximumLength) const;

  SearchOptions options_;
  int64_t V_, S_, open_;
  std::vector<char> banned_;  // [V]
  std::vector<Sentence> sentences_;
  std::vector<int32_t> tokens_;
  std::vector<int64_t> parents_;
  // Rows of the hypotheses that live; of each row, the token that must follow or -1, and those that may not, apart from
  // those that are banned everywhere.
  std::vector<int32_t> rows_, wanted_;
  std::vector<std::vector<int32_t>> refused_;
  RowCandidates candidates_;
  // For each row of the step: its largest logit, and the log of the sum of exp(logit - largest).
  std::vector<float> most_;
  std::vector<double> logSum_;
};

}  // namespace ostinato
