// A text whose n-grams are counted: the ids of its tokens, with the marks of its sentences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ostinato {

// The tokens between which a sentence stands; they may be the same. begin < 0: one running text.
struct SentenceIds {
  int32_t begin = -1, end = -1;

  bool marked() const { return begin >= 0; }
  // Whether a word is read only, and never predicted.
  bool isOnlyRead(int64_t word) const { return marked() && word == begin && begin != end; }
};

class NgramText {
 public:
  NgramText(int64_t V, SentenceIds marks) : V_(V), marks_(marks) {}

  // Tokens to follow, as a stream of them stands in a file: sentences end with the end mark and follow each other.
  // Empty sentences are left out. Null if they are added, else what is wrong with them: an id outside of 0 .. V-1; the
  // mark that is only read, which every sentence gets here and which nothing predicts.
  const char* add(std::span<const int32_t> ids);
  // Ends the last sentence, if it is open. Called once, after the last add().
  void finish();
  // Takes what can be counted by itself: the sentences that are ended, or all of a running text, of which the words
  // before the next n-gram of `order` stay, too. Counts of the parts of a text add up to its own.
  NgramText takePart(int order);

  int64_t V() const { return V_; }
  SentenceIds marks() const { return marks_; }
  int64_t size() const { return static_cast<int64_t>(words_.size()); }

  // Words at the beginning that an earlier part had: n-grams of them alone are known and not counted again.
  int64_t counted() const { return counted_; }

  int32_t word(int64_t at) const { return words_[at] < 0 ? ~words_[at] : words_[at]; }
  // Whether no n-gram goes on past this place.
  bool closes(int64_t at) const { return words_[at] < 0 || at + 1 == size(); }
  // Whether it is the mark before a sentence, which is read only.
  bool opens(int64_t at) const { return marks_.marked() && (at == 0 || words_[at - 1] < 0); }

 private:
  int64_t V_;
  SentenceIds marks_;
  // The complement of an id ends a sentence.
  std::vector<int32_t> words_;
  bool open_ = false;
  int64_t counted_ = 0;
};

}  // namespace ostinato
