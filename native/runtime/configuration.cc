#include "runtime/configuration.h"

#include <atomic>
#include <cstdlib>
#include <string>

#include "base/thread_pool.h"
#include "kernels/tiers.h"
#include "products/provider.h"

namespace ostinato {
namespace {

std::atomic<uint64_t> version{1};

template <class Means, class Expected>
void expectVariable(const char* name, const Means& means, const Expected& expected) {
  const char* text = std::getenv(name);
  if (text == nullptr || means(text)) return;
  throw EnvironmentError("The environment's " + std::string(name) + " is \"" + text + "\": expected " + expected() +
                         ". Unset it for the default.");
}

std::string tierNames() {
  std::string names = "auto";
  for (Tier tier : availableTiers()) names += std::string(", ") + tierName(tier);
  return names;
}

}  // namespace

SharedMutex& configurationLock() {
  static SharedMutex* lock = new SharedMutex;  // never destroyed: a run may outlive static destruction
  return *lock;
}

uint64_t configurationVersion() { return version.load(); }

void configurationChanged() { version.fetch_add(1); }

void expectEnvironment() {
  expectVariable(
      "OSTINATO_NUM_THREADS", [](const char* text) { return threadsNamed(text) > 0; },
      [] { return "a whole number from 1 to " + std::to_string(kMaxThreads); });
  expectVariable(
      "OSTINATO_KERNELS", [](const char* text) { return tierNamed(text).has_value(); },
      [] { return "one of " + tierNames() + ", which this CPU and this binary have"; });
  expectVariable("OSTINATO_GEMM", providerKnown,
                 [] { return "one of " + providerNames() + ", which this system has"; });
}

}  // namespace ostinato
