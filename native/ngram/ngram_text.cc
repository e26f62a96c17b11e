#include "ngram/ngram_text.h"

#include <algorithm>

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
    if (!open_) words_.push_back(marks_.begin);
    words_.push_back(id);
    open_ = true;
  }
  return nullptr;
}

void NgramText::finish() {
  if (open_) words_.push_back(~marks_.end);
  open_ = false;
}

NgramText NgramText::takePart(int order) {
  NgramText part(V_, marks_);
  size_t cut = words_.size(), kept = 0;
  if (marks_.marked()) {
    while (cut > 0 && words_[cut - 1] >= 0) cut--;
  } else {
    kept = std::min(cut, static_cast<size_t>(order - 1));
  }
  part.words_.assign(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(cut));
  part.counted_ = counted_;
  words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(cut - kept));
  words_.shrink_to_fit();
  counted_ = static_cast<int64_t>(kept);
  return part;
}

}  // namespace ostinato
