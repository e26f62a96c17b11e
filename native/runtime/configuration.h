// Threads, CPU tier and GEMM provider may be changed by the program, but never while a run depends on them.
#pragma once

#include <cstdint>
#include <shared_mutex>

namespace ostinato {

// Held shared by every run and load of a program, exclusively by a change.
std::shared_mutex& configurationLock();

// Grows with every change: scratch sizes computed before are then out of date.
uint64_t configurationVersion();
void configurationChanged();

}  // namespace ostinato
