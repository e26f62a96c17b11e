// The beginning of every call of a program: its feeds, and the store.
#pragma once

#include <napi.h>

#include <vector>

#include "binding/arguments.h"
#include "binding/outside_memory.h"
#include "runtime/program.h"

namespace ostinato {

// The memory of an array of feeds, of the program's types and sizes; only valid until JavaScript runs again. Throws
// TypeError.
std::vector<Bytes> feedArrays(const Program& program, const Napi::Value& given);

// Takes the program's store and binds the program to its memory. Throws ERR_OSTINATO_BUSY, ERR_OSTINATO_MEMORY.
// `outside` is what the memory counts for.
Store::Lease leaseBound(Napi::Env env, Program& program, Runs runs, OutsideMemory& outside);

}  // namespace ostinato
