// Objects that JavaScript holds by their address, from xCreate() to xRelease().
#pragma once

#include <memory>

#include "runtime/program.h"
#include "runtime/store.h"

namespace ostinato {

using StoreHandle = std::shared_ptr<Store>;

struct ProgramHandle {
  std::shared_ptr<Program> program;
  // Values of the last replay, by collected output.
  std::vector<std::vector<char>> collected;
};

}  // namespace ostinato
