#include "search/program_search.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "runtime/configuration.h"

namespace ostinato {
namespace {

void expect(bool fits, const char* what) {
  if (!fits) throw ProgramError(std::string("search: ") + what);
}

size_t bytesOf(const TensorView& view) { return static_cast<size_t>(view.elements()) * 4; }

}  // namespace

ProgramSearch::ProgramSearch(std::shared_ptr<Program> program, const double* words, size_t count)
    : program_(std::move(program)) {
  WordReader reader("search", words, count);
  const int64_t lastFeed = program_->feedCount() - 1, lastOutput = program_->outputCount() - 1;
  tokens_ = reader.integer("the feed of tokens", 0, lastFeed);
  logits_ = reader.integer("the output of logits", 0, lastOutput);
  attention_ = reader.integer("the output of attention", -1, lastOutput);
  const TensorView& tokens = program_->feed(tokens_);
  const TensorView& logits = program_->output(logits_);
  const int64_t N = tokens.elements();
  const auto isMatrix = [N](const TensorView& view) {
    return view.dtype == DType::f32 && view.rank == 2 && view.dims[0] == N;
  };
  expect(tokens.dtype == DType::i32, "the feed of tokens holds no whole numbers");
  expect(isMatrix(logits), "the logits are no f32 matrix with a row for each token");
  const int64_t V = logits.dims[1];
  expect(V <= INT32_MAX, "the vocabulary is larger than 2^31 - 1");
  expect(attention_ < 0 || isMatrix(program_->output(attention_)),
         "the attention is no f32 matrix with a row for each token");
  readLinks(reader, "the number of links", [&](const TensorView& output, const TensorView& feed, const Link& link) {
    expect(output.rank > 0 && feed.rank > 0 && output.dims[0] == N && feed.dims[0] == N,
           "what is carried has no row for each token");
    links_.push_back(link);
  });
  readLinks(reader, "the number of values that are kept",
            [&](const TensorView&, const TensorView&, const Link& link) { kept_.push_back(link); });
  SearchOptions options = readSearchOptions(reader, N, V, attention_ >= 0);
  expect(reader.left() == 0, "it goes on after its end");
  for (int64_t i = 0; i <= lastFeed; i++) {
    inputs_.emplace_back(bytesOf(program_->feed(i)));
    const auto isOf = [i](const std::vector<Link>& list) {
      return std::any_of(list.begin(), list.end(), [i](const Link& link) { return link.second == i; });
    };
    if (isOf(kept_)) continue;
    if (i == tokens_ || isOf(links_) || !program_->feedStays(i)) refed_.push_back(i);
  }
  const auto isLogits = [this](const Link& link) { return program_->sameOutput(link.first, logits_); };
  logitsAreItsOwn_ = program_->canShow(logits_) && (attention_ < 0 || !program_->sameOutput(attention_, logits_)) &&
                     std::none_of(links_.begin(), links_.end(), isLogits) &&
                     std::none_of(kept_.begin(), kept_.end(), isLogits);
  search_ =
      std::make_unique<BeamSearch>(std::move(options), V, attention_ < 0 ? 0 : program_->output(attention_).dims[1]);
}

template <class F>
void ProgramSearch::readLinks(WordReader& reader, const char* what, const F& f) {
  const int64_t lastFeed = program_->feedCount() - 1, lastOutput = program_->outputCount() - 1;
  for (int64_t left = reader.integer(what, 0, lastFeed + 1); left > 0; left--) {
    const int64_t from = reader.integer("an output", 0, lastOutput), to = reader.integer("a feed", 0, lastFeed);
    const TensorView &output = program_->output(from), &feed = program_->feed(to);
    expect(to != tokens_, "the tokens are fed by the search");
    expect(output.dtype == feed.dtype && output.elements() == feed.elements(),
           "an output does not fit the feed that is to get its rows");
    f(output, feed, Link{from, to});
  }
}

int64_t ProgramSearch::bytes() const {
  size_t bytes = 0;
  for (const std::vector<char>& input : inputs_) bytes += input.size();
  return static_cast<int64_t>(bytes);
}

void ProgramSearch::advance(int64_t steps) {
  expectWhole();
  failed_ = true;
  for (int64_t i = 0; i < program_->feedCount(); i++) {
    std::memcpy(program_->feed(i).data, input(i), inputs_[static_cast<size_t>(i)].size());
  }
  for (int64_t i = 0; i < steps && !search_->done(); i++) step();
  // Other runs may use the arena before the next call.
  for (const auto& [from, to] : kept_) std::memcpy(input(to), fed(to), inputs_[static_cast<size_t>(to)].size());
  failed_ = false;
}

void ProgramSearch::expectWhole() const { expect(!failed_, "it has failed and cannot go on"); }

void ProgramSearch::step() {
  std::memcpy(input(tokens_), search_->tokens().data(), inputs_[static_cast<size_t>(tokens_)].size());
  for (const int64_t i : refed_) {
    std::memcpy(program_->feed(i).data, input(i), inputs_[static_cast<size_t>(i)].size());
  }
  ThreadPool& pool = ThreadPool::instance();
  const bool reads = logitsAreItsOwn_ && search_->readsBlocks(pool.threads());
  const bool read = reads && program_->runShowing(logits_, *search_);
  if (!reads) program_->run(false);
  {
    const SharedLock lock(configurationLock());
    const float* attention = attention_ < 0 ? nullptr : program_->output(attention_).f32();
    if (read) {
      search_->advanceRead(pool, attention);
    } else {
      search_->advance(pool, program_->output(logits_).f32(), attention);
    }
  }
  const std::vector<int64_t>& parents = search_->parents();
  for (const auto& [from, to] : links_) {
    const char* rows = static_cast<const char*>(program_->output(from).data);
    const size_t rowBytes = inputs_[static_cast<size_t>(to)].size() / parents.size();
    for (size_t row = 0; row < parents.size(); row++) {
      std::memcpy(input(to) + row * rowBytes, rows + static_cast<size_t>(parents[row]) * rowBytes, rowBytes);
    }
  }
  for (const Link& kept : kept_) {
    if (isInPlace(kept)) continue;
    std::memmove(fed(kept.second), program_->output(kept.first).data, inputs_[static_cast<size_t>(kept.second)].size());
  }
}

}  // namespace ostinato
