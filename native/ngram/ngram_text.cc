#include "ngram/ngram_text.h"

namespace ostinato {

bool NgramText::add(std::span<const int32_t> ids) {
  for (const int32_t id : ids) {
    if (id < 0 || id >= V_) return false;
  }
  if (!marks_.marked()) {
    words_.insert(words_.end(), ids.begin(), ids.end());
    return true;
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
  return true;
}

void NgramText::finish() {
  if (open_) words_.push_back(~marks_.end);
  open_ = false;
}

}  // namespace ostinato
