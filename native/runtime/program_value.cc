#include "runtime/program_value.h"

#include <algorithm>
#include <string>

#include "runtime/program_parts.h"

namespace ostinato {

ProgramValue readValue(WordReader& reader, int64_t arenaBytes, const Store& store) {
  ProgramValue value;
  value.view.present = true;
  value.view.dtype = reader.integer("a dtype", 0, 1) == 0 ? DType::f32 : DType::i32;
  value.placement = static_cast<Placement>(reader.integer("a storage", 0, 3));
  value.location = reader.integer("a location", 0, kMaxArenaBytes);
  value.view.rank = static_cast<int>(reader.integer("a rank", 0, kMaxRank));
  int64_t elements = 1;
  for (int i = 0; i < value.view.rank; i++) {
    value.view.dims[i] = reader.integer("a size", 1, Store::kMaxElements);
    if (elements > Store::kMaxElements / value.view.dims[i]) malformedProgram("a value has too many elements");
    elements *= value.view.dims[i];
  }
  if (value.inArena()) {
    if (value.location % 4) malformedProgram("an offset is not a multiple of 4");
    if (value.location > arenaBytes || elements * 4 > arenaBytes - value.location) {
      malformedProgram("a value ends beyond the arena");
    }
  } else if (value.placement == Placement::variable) {
    const std::string number = std::to_string(value.location);
    if (value.location >= store.size()) malformedProgram("variable " + number + " is not in the store");
    const Store::Variable& variable = store.variable(value.location);
    if (variable.dtype != value.view.dtype || variable.elements != elements) {
      malformedProgram("a value does not fit variable " + number);
    }
    variable.isBound = true;
    value.view.data = variable.data();
    value.copies = variable.copies.get();
    value.view.compact = &value.copies->compact;
  }
  return value;
}

bool Extent::overlaps(const Extent& other) const {
  if (!sameMemoryAs(other)) return false;
  // Values that move together keep their distance.
  const bool together = moves() && other.moves() && end - begin == other.end - other.begin;
  return begin < (together ? other.end : other.last) && other.begin < (together ? end : last);
}

bool Extent::overlapsAny(const std::vector<Extent>& others) const {
  return std::any_of(others.begin(), others.end(), [this](const Extent& other) { return overlaps(other); });
}

void OpExtents::expectApart(const Operation& operation) const {
  const auto expect = [&](bool apart) {
    if (!apart) refuse(operation.name, "its values overlap in memory");
  };
  if (operation.view) {
    expect(!read.empty() && written.size() == 1 && read[0].sameMemoryAs(written[0]) &&
           read[0].begin == written[0].begin && read[0].moves() == written[0].moves());
    for (size_t k = 1; k < read.size(); k++) expect(!read[k].overlaps(written[0]));
    return;
  }
  for (size_t r = 0; r < written.size(); r++) {
    expect(!written[r].overlapsAny(read));
    for (size_t other = 0; other < r; other++) expect(!written[r].overlaps(written[other]));
  }
  for (size_t k = 0; k < read.size() && k < 32; k++) {
    if (((operation.mutates | operation.consumes) >> k & 1) == 0) continue;
    for (size_t other = 0; other < read.size(); other++) expect(other == k || !read[k].overlaps(read[other]));
  }
}

bool OpExtents::changes(const Operation& operation, const Extent& memory) const {
  const bool alters = (operation.mutates | operation.consumes) != 0;
  return (!operation.view && memory.overlapsAny(written)) || (alters && memory.overlapsAny(read));
}

}  // namespace ostinato
