// The values that outlive a run: parameters, optimizer moments, carried state. And the memory for those that do not.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/aligned_memory.h"
#include "base/mapped_file.h"
#include "ops/operation.h"
#include "runtime/weight_copies.h"

namespace ostinato {

class Store {
 public:
  struct Variable {
    DType dtype;
    int64_t elements;
    AlignedMemory memory;
    std::unique_ptr<WeightCopies> copies;
    // Where the values lie in a file: then there is no memory.
    MappedFile file = {};
    // Whether a program knows where the values are.
    mutable bool isBound = false;

    void* data() const { return file.data() ? file.data() : memory.data(); }
  };

  // Adds a variable filled with zeros and returns its index. Throws ProgramError for a size out of range,
  // std::bad_alloc.
  int64_t declare(DType dtype, int64_t elements) {
    if (elements < 1 || elements > kMaxElements)
      refuse("store", "a variable of " + std::to_string(elements) + " elements");
    variables_.push_back(
        {dtype, elements, AlignedMemory(static_cast<size_t>(elements) * 4), std::make_unique<WeightCopies>(), {}});
    return static_cast<int64_t>(variables_.size()) - 1;
  }

  // Takes the values of a variable from a file, where they begin at byte `begin`, in place of those that it has.
  // Returns whether that could be done: not once a program uses the variable.
  bool map(int64_t index, int file, int64_t begin) {
    Variable& variable = variables_[static_cast<size_t>(index)];
    if (variable.isBound || begin % 4 != 0) return false;
    MappedFile mapped(file, begin, variable.elements * 4);
    if (!mapped.data()) return false;
    variable.file = std::move(mapped);
    variable.memory = AlignedMemory();
    variable.copies->clear();
    return true;
  }
  // Whether a file that holds values was cut short, or could not be read, so that zeros were read instead. For the
  // thread that declares variables.
  bool isBroken() const {
    return std::any_of(variables_.begin(), variables_.end(), [](const Variable& one) { return one.file.isBroken(); });
  }

  int64_t size() const { return static_cast<int64_t>(variables_.size()); }
  // The memory of a variable never moves, nor its copies, also when others are declared.
  const Variable& variable(int64_t index) const { return variables_[static_cast<size_t>(index)]; }

  struct Release {
    void operator()(Store* store) const { store->busy_.store(false); }
  };
  // Held by the one run, read or write that has the store.
  using Lease = std::unique_ptr<Store, Release>;
  // Null if another one has it.
  Lease acquire() { return Lease(busy_.exchange(true) ? nullptr : this); }

  // Memory that programs take turns to use, as runs of one store follow each other: at least `bytes` bytes, of which
  // nothing is kept from run to run. For whoever has the store. Throws std::bad_alloc.
  char* arena(size_t bytes) { return grown(arena_, bytes); }
  char* scratch(size_t bytes) { return grown(scratch_, bytes); }
  // With what is kept of the variables.
  int64_t workspaceBytes() const {
    size_t bytes = arena_.bytes() + scratch_.bytes();
    for (const Variable& variable : variables_) bytes += variable.copies->keptBytes();
    return static_cast<int64_t>(bytes);
  }

  static constexpr const char* kBroken =
      "the file of the model was cut short, or could not be read, while it was in use: load the model again";
  // With addresses of 32 bits a quarter of what they reach, so that sizes of several things do not overflow.
  static constexpr int64_t kMaxElements = int64_t{1} << (sizeof(size_t) > 4 ? 36 : 28);

 private:
  static char* grown(AlignedMemory& memory, size_t bytes) {
    if (bytes > memory.bytes()) {
      memory = AlignedMemory();
      memory = AlignedMemory(bytes);
    }
    return static_cast<char*>(memory.data());
  }

  std::vector<Variable> variables_;
  AlignedMemory arena_, scratch_;
  std::atomic<bool> busy_{false};
};

}  // namespace ostinato
