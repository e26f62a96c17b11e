#include "ngram/ngram_text.h"

namespace ostinato {

const char* NgramText::add(std::span<const int32_t> ids) {
  for (const int32_t id : ids) {
    if (id < 0 || id >= V_) return "an id is outside of the vocabulary";
    if (marks_.isOnlyRead(id)) {
      return "the text has the token that begins sentences: every line gets it, so take it out of the text";
    }
  }
  if (!marks_.marked()) {
    words_.insert(words_.end(), ids.begin(), ids.end());
    return nullptr;
  }
  for (const int32_t id : ids) {
    if (id == marks_.end) {
      if (open_) words_.push_back(~id);
      open_ = false;
      continue;
    }
    if (!open_) {
      words_.push_back(marks_.begin);
      sentences_++;
    }
    words_.push_back(id);
    open_ = true;
  }
  return nullptr;
}

void NgramText::finish() {
  if (open_) words_.push_back(~marks_.end);
  open_ = false;
}

}  // namespace ostinato
