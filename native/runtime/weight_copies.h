// A variable's values once more, in other forms: in fewer bytes, where compact() was asked for, and packed for
// products. They last until the values change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>

#include "base/aligned_memory.h"
#include "kernels/compact_weights.h"
#include "ops/operation.h"

namespace ostinato {

class WeightCopies {
 public:
  CompactWeights compact;

  // The place of this form, for as long as the values stay; null where there is none. Forms of another configuration
  // are of no use.
  Kept* find(const KeptForm& form, uint64_t configuration) {
    const auto found = std::ranges::find_if(
        kept_, [&](const Entry& entry) { return entry.form == form && entry.configuration == configuration; });
    return found == kept_.end() ? nullptr : &found->kept;
  }

  // Makes a place where there is none. Throws std::bad_alloc.
  void reserve(const KeptForm& form, uint64_t configuration) {
    if (find(form, configuration)) return;
    kept_.remove_if([&](const Entry& entry) { return entry.configuration != configuration; });
    AlignedMemory memory(form.bytes);
    void* place = memory.data();
    kept_.push_back({form, configuration, std::move(memory), {place, false}});
  }

  size_t keptBytes() const {
    size_t bytes = 0;
    for (const Entry& entry : kept_) bytes += entry.memory.bytes();
    return bytes;
  }

  // The values change; or they do, and `compact` is theirs already.
  void clear() {
    compact.clear();
    kept_.clear();
  }
  void forgetKept() { kept_.clear(); }

 private:
  struct Entry {
    KeptForm form;
    uint64_t configuration;
    AlignedMemory memory;
    Kept kept;
  };
  // A list: places stay where they are.
  std::list<Entry> kept_;
};

}  // namespace ostinato
