#include "runtime/configuration.h"

#include <atomic>

namespace ostinato {
namespace {

std::atomic<uint64_t> version{1};

}  // namespace

std::shared_mutex& configurationLock() {
  static std::shared_mutex* lock = new std::shared_mutex;  // never destroyed: a run may outlive static destruction
  return *lock;
}

uint64_t configurationVersion() { return version.load(); }

void configurationChanged() { version.fetch_add(1); }

}  // namespace ostinato
