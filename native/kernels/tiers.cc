#include "kernels/tiers.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "base/cpu.h"

namespace ostinato {
namespace {

bool isAvailable(Tier tier) {
  switch (tier) {
#if defined(__x86_64__) || defined(_M_X64)
    case Tier::avx512: return cpuFeatures().avx512;
    case Tier::avx2: return cpuFeatures().avx2;
    case Tier::portable: return true;
#elif defined(__aarch64__) || defined(_M_ARM64)
    case Tier::neon: return true;
#else
    case Tier::portable: return true;
#endif
    default: return false;
  }
}

struct Choice {
  std::atomic<Tier> tier;
  std::atomic<const char*> reason;

  Choice() : tier(availableTiers().front()), reason("best of this CPU") {
    const char* wanted = std::getenv("OSTINATO_KERNELS");
    const std::optional<Tier> named = wanted ? tierNamed(wanted) : std::nullopt;
    if (!named || !std::strcmp(wanted, "auto")) return;
    tier = *named;
    reason = "OSTINATO_KERNELS";
  }
};

Choice& choice() {
  static Choice instance;
  return instance;
}

}  // namespace

const std::vector<Tier>& availableTiers() {
  static const std::vector<Tier> tiers = [] {
    std::vector<Tier> all;
    for (Tier tier : {Tier::avx512, Tier::avx2, Tier::neon, Tier::portable}) {
      if (isAvailable(tier)) all.push_back(tier);
    }
    return all;
  }();
  return tiers;
}

const char* tierName(Tier tier) {
  switch (tier) {
    case Tier::avx512: return "avx512";
    case Tier::avx2: return "avx2";
    case Tier::neon: return "neon";
    case Tier::portable: return "portable";
  }
  return "portable";
}

std::optional<Tier> tierNamed(const char* name) {
  if (!std::strcmp(name, "auto")) return availableTiers().front();
  for (Tier tier : availableTiers()) {
    if (!std::strcmp(name, tierName(tier))) return tier;
  }
  return std::nullopt;
}

Tier currentTier() { return choice().tier.load(std::memory_order_relaxed); }

const char* tierReason() { return choice().reason.load(std::memory_order_relaxed); }

bool setTier(const char* name) {
  const std::optional<Tier> named = tierNamed(name);
  if (!named) return false;
  choice().tier = *named;
  choice().reason = std::strcmp(name, "auto") ? "set by the program" : "best of this CPU";
  return true;
}

}  // namespace ostinato
