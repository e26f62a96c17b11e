// A search that replays a program, the step of a decoder, as the addon receives it:
//
//   [ tokens (feed), logits (output), attention (output, or -1), linkCount, (output, feed)..., keptCount, (output,
//   feed)..., the options (search_options.h) ]
//
// Rows of a link follow the hypotheses that they belong to. What is kept stays as the step gave it, whichever rows
// hypotheses continue; where the step leaves it in the memory in which it was fed, no step copies it.
//
// It keeps the values of the feeds: programs of a store share one arena, which other runs may use between two calls.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/program.h"
#include "search/beam_search.h"

namespace ostinato {

class ProgramSearch {
 public:
  // Decodes and checks everything. Throws ProgramError, std::bad_alloc.
  ProgramSearch(std::shared_ptr<Program> program, const double* words, size_t count);

  Program& program() const { return *program_; }
  const std::shared_ptr<Program>& sharedProgram() const { return program_; }
  // The value of a feed in the next step; all are to be filled before the first.
  char* input(int64_t feed) { return inputs_[static_cast<size_t>(feed)].data(); }
  // Memory that this holds, in bytes.
  int64_t bytes() const;

  // Takes up to `steps` steps; fewer where the search ends. The program is bound and the caller holds its store. Throws
  // InputError, and std::bad_alloc; after that every further call throws ProgramError.
  void advance(int64_t steps);

  // Throws ProgramError after a failure.
  const BeamSearch& search() const {
    expectWhole();
    return *search_;
  }

 private:
  void step();
  void expectWhole() const;

  std::shared_ptr<Program> program_;
  int64_t tokens_, logits_, attention_;
  using Link = std::pair<int64_t, int64_t>;

  // Calls f(output, feed) for each entry of a list.
  template <class F>
  void readLinks(WordReader& reader, const char* what, const F& f);
  bool isInPlace(const Link& kept) const {
    return program_->output(kept.first).data == program_->feed(kept.second).data;
  }
  char* fed(int64_t feed) { return static_cast<char*>(program_->feed(feed).data); }

  std::vector<Link> links_, kept_;
  // Feeds that each step needs again, those that are kept left out.
  std::vector<int64_t> refed_;
  std::vector<std::vector<char>> inputs_;
  // Whether nobody else needs the logits, so that the search may read them where they are made.
  bool logitsAreItsOwn_ = false;
  std::unique_ptr<BeamSearch> search_;
  bool failed_ = false;
};

}  // namespace ostinato
