// The counterpart of binding/search_object.cc.
#include "search/program_search.h"

#include "wasm/exports.h"
#include "wasm/failure.h"
#include "wasm/handles.h"
#include "wasm/reply.h"

namespace ostinato {
namespace {

void add(double number) { reply().push_back(number); }

template <class List>
void addAll(const List& list) {
  add(static_cast<double>(list.size()));
  reply().insert(reply().end(), list.begin(), list.end());
}

// Ids, score, log-probabilities, whether it ended, and the attention of its tokens (none: 0 numbers).
void addHypothesis(const BeamSearch& search, int64_t sentence, const BeamSearch::Hypothesis& hypothesis) {
  const std::vector<BeamSearch::Node>& nodes = search.nodes(sentence);
  const std::vector<int32_t> path = search.path(sentence, hypothesis);
  std::vector<double> ids, logProbabilities, attention;
  for (const int32_t at : path) {
    const BeamSearch::Node& node = nodes[static_cast<size_t>(at)];
    ids.push_back(node.token);
    logProbabilities.push_back(node.logProbability);
    if (!search.options().attention) continue;
    const int64_t S = search.attentionColumns();
    const float* row = search.attention(sentence).data() + at * S;
    attention.insert(attention.end(), row, row + S);
  }
  if (hypothesis.ended) ids.pop_back();
  addAll(ids);
  add(hypothesis.score);
  addAll(logProbabilities);
  add(hypothesis.ended);
  addAll(attention);
}

}  // namespace

OSTINATO_EXPORT(searchCreate)
ProgramSearch* searchCreate(ProgramHandle* handle, const double* words, uint32_t count) {
  return guarded("the search", static_cast<ProgramSearch*>(nullptr),
                 [&] { return new ProgramSearch(handle->program, words, count); });
}

OSTINATO_EXPORT(searchRelease) void searchRelease(ProgramSearch* search) { delete search; }

// Where the value of a feed is to be written, before the first step.
OSTINATO_EXPORT(searchInput) char* searchInput(ProgramSearch* search, int32_t feed) { return search->input(feed); }

// Whether all sentences are done (1) or not (0); -1 after a failure. The reply is, with `best`, for each sentence a
// count and so many tokens, or -1 where it took no step.
OSTINATO_EXPORT(searchAdvance) int32_t searchAdvance(ProgramSearch* handle, int32_t steps, int32_t best) {
  return guarded("the hypotheses of the search", -1, [&] {
    handle->program().bind(Runs::repeatedly);
    handle->advance(steps);
    const BeamSearch& search = handle->search();
    reply().clear();
    for (int64_t s = 0; best && s < search.options().sentences; s++) {
      if (search.advanced(s)) {
        addAll(search.best(s));
      } else {
        add(-1);
      }
    }
    return search.done() ? 1 : 0;
  });
}

// Leaves for each sentence the count of its hypotheses, these, and its tree of nodes (none: 0 numbers) as the reply.
OSTINATO_EXPORT(searchResult) int32_t searchResult(ProgramSearch* handle) {
  return guarded("the hypotheses of the search", 0, [&] {
    const BeamSearch& search = handle->search();
    reply().clear();
    for (int64_t s = 0; s < search.options().sentences; s++) {
      const std::vector<BeamSearch::Hypothesis> ranked = search.ranked(s);
      add(static_cast<double>(ranked.size()));
      for (const BeamSearch::Hypothesis& hypothesis : ranked) addHypothesis(search, s, hypothesis);
      std::vector<double> tree;
      for (const BeamSearch::Node& node : search.nodes(s)) {
        if (!search.options().tree) break;
        tree.insert(tree.end(), {static_cast<double>(node.token), static_cast<double>(node.parent), node.logProbability,
                                 node.score});
      }
      addAll(tree);
    }
    return 1;
  });
}

}  // namespace ostinato
