#include "runtime/steady_operands.h"

#include <algorithm>

namespace ostinato {

void SteadyOperands::sees(size_t op, const Operation& operation, const OpExtents& extents) {
  changed_.insert(changed_.end(), extents.written.begin(), extents.written.end());
  if ((operation.mutates | operation.consumes) != 0) {
    changed_.insert(changed_.end(), extents.read.begin(), extents.read.end());
  }
  for (size_t k = 1; operation.implementation.keeps && k < extents.read.size(); k++) {
    if (!extents.read[k].moves()) kept_.push_back({op, static_cast<int>(k), extents.read[k]});
  }
}

void SteadyOperands::closeLoop(std::vector<BoundOp>& ops) {
  for (const Seen& seen : kept_) {
    for (KeptOperand& own : ops[seen.op].keeps) {
      if (own.operand == seen.operand) own.steadyInLoop = !seen.extent.overlapsAny(changed_);
    }
  }
  changed_.clear();
  kept_.clear();
}

void SteadyOperands::findForRuns(ProgramParts& program) {
  for (BoundOp& op : program.ops) {
    for (KeptOperand& own : op.keeps) {
      const auto changed = std::find(program.changed.begin(), program.changed.end(), own.copies);
      own.steadyForRuns = own.copies && changed == program.changed.end();
    }
  }
}

}  // namespace ostinato
