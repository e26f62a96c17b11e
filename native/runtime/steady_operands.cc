#include "runtime/steady_operands.h"

#include <algorithm>

namespace ostinato {

void SteadyOperands::sees(size_t op, const Operation& operation, const OpExtents& extents) {
  changed_.insert(changed_.end(), extents.written.begin(), extents.written.end());
  if ((operation.mutates | operation.consumes) != 0) {
    changed_.insert(changed_.end(), extents.read.begin(), extents.read.end());
  }
  if (operation.implementation.keeps && extents.read.size() > 1 && !extents.read[1].moves()) {
    kept_.emplace_back(op, extents.read[1]);
  }
}

void SteadyOperands::closeLoop(std::vector<BoundOp>& ops) {
  for (const auto& [op, extent] : kept_) ops[op].steadyInLoop = !extent.overlapsAny(changed_);
  changed_.clear();
  kept_.clear();
}

void SteadyOperands::findForRuns(ProgramParts& program) {
  for (BoundOp& op : program.ops) {
    const bool changes = std::find(program.changed.begin(), program.changed.end(), op.copies) != program.changed.end();
    op.steadyForRuns = op.operation->implementation.keeps && op.copies && !changes;
  }
}

}  // namespace ostinato
