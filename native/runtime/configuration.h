// Threads, CPU tier and GEMM provider: what the environment says of them, and changes by the program, which may come at
// any time but while a run depends on them.
#pragma once

#include <cstdint>
#include <stdexcept>

#include "base/shared_lock.h"

namespace ostinato {

// Held shared by every run and load of a program, exclusively by a change.
SharedMutex& configurationLock();

// Grows with every change: scratch sizes computed before are then out of date.
uint64_t configurationVersion();
void configurationChanged();

// A variable of the environment says something that cannot be done.
struct EnvironmentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws EnvironmentError, which names the values that are possible here, unless OSTINATO_NUM_THREADS, OSTINATO_KERNELS
// and OSTINATO_GEMM are unset or mean something. Whoever lets people set them asks this first: those who read them take
// what they do not understand for unset.
void expectEnvironment();

}  // namespace ostinato
