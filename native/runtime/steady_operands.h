// Which ops may keep something of their operands (Call::kept), because nothing changes it: within a loop, or for as
// long as the variables stay.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/program_parts.h"
#include "runtime/program_value.h"

namespace ostinato {

class SteadyOperands {
 public:
  // The op with this number, in the loop that is open.
  void sees(size_t op, const Operation& operation, const OpExtents& extents);
  // At the end of a loop.
  void closeLoop(std::vector<BoundOp>& ops);
  // At the end of the program.
  static void findForRuns(ProgramParts& program);

 private:
  struct Seen {
    size_t op;
    int operand;
    Extent extent;
  };

  // Memory that the loop's ops write, and operands of those that would keep something of them.
  std::vector<Extent> changed_;
  std::vector<Seen> kept_;
};

}  // namespace ostinato
