// The values of a program while it is read: where they lie, and what lies on top of what.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/operation.h"
#include "runtime/store.h"
#include "runtime/word_reader.h"

namespace ostinato {

enum class Placement { arena, variable, none, moving };

struct ProgramValue {
  TensorView view;  // data: of variables only
  Placement placement;
  int64_t location;                // in the arena, or the number of a variable
  WeightCopies* copies = nullptr;  // of a variable

  int64_t bytes() const { return view.elements() * 4; }
  bool inArena() const { return placement == Placement::arena || placement == Placement::moving; }
  bool moves() const { return placement == Placement::moving; }
  bool hasMemory() const { return placement != Placement::none; }
};

// Throws ProgramError unless the value lies within the arena or fits its variable.
ProgramValue readValue(WordReader& reader, int64_t arenaBytes, const Store& store);

// Memory that an op reads or writes in one step, and in all of them: bytes of the arena, or a whole variable.
struct Extent {
  Placement placement = Placement::none;
  int64_t begin = 0, end = 0, last = 0;

  Extent() = default;  // of an operand that is absent
  Extent(const ProgramValue& value, int64_t steps)
      : placement(value.placement),
        begin(value.location),
        end(begin + (value.inArena() ? value.bytes() : 1)),
        last(value.moves() ? begin + value.bytes() * steps : end) {}

  bool moves() const { return placement == Placement::moving; }
  bool sameMemoryAs(const Extent& other) const {
    if (placement == Placement::none || other.placement == Placement::none) return false;
    return (placement == Placement::variable) == (other.placement == Placement::variable);
  }
  bool overlaps(const Extent& other) const;
  bool overlapsAny(const std::vector<Extent>& others) const;
};

// Memory of an op's operands and results.
struct OpExtents {
  std::vector<Extent> read, written;

  // Throws ProgramError if values lie on each other that may not. Ops check ids and lengths once and trust them while
  // they write: a result must not lie on top of them. Nor may an operand that is updated or used up lie on another.
  void expectApart(const Operation& operation) const;
  // Whether the op may change what lies in this memory. A view leaves its operand as it is.
  bool changes(const Operation& operation, const Extent& memory) const;
};

}  // namespace ostinato
