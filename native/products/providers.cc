#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "products/provider.h"

namespace ostinato {

// Each in its folder.
const Provider& matrixUnitProvider();
const Provider& dotsProvider();
const Provider& blasProvider();
const Provider& ownProvider();

namespace {

const Provider* const kProviders[] = {&matrixUnitProvider(), &dotsProvider(), &blasProvider(), &ownProvider()};
const Provider* const kLast = std::end(kProviders)[-1];

// Null for "auto", and for what is not here.
const Provider* named(const char* name) {
  for (const Provider* provider : kProviders) {
    if (!provider->rounds() && !std::strcmp(name, provider->name()) && provider->available()) return provider;
  }
  return nullptr;
}

std::atomic<const Provider*>& chosen() {
  static std::atomic<const Provider*> provider{[] {
    const char* name = std::getenv("OSTINATO_GEMM");
    return name ? named(name) : nullptr;
  }()};
  return provider;
}

}  // namespace

std::span<const Provider* const> providers() { return kProviders; }

const Provider* roundingProvider(Precision precision) {
  const auto found =
      std::ranges::find_if(kProviders, [&](const Provider* p) { return p->rounds() && p->packing(precision); });
  return found == std::end(kProviders) ? nullptr : *found;
}

const Provider& providerOf(const Gemm& product) {
  const Provider* wanted = chosen();
  for (const Provider* provider : kProviders) {
    const bool may = !wanted || provider == wanted || (wanted == kLast && provider->rounds());
    if (may && (provider == wanted || provider->wins(product)) && provider->fits(product)) return *provider;
  }
  return *kLast;
}

const Packing& packingFor(Precision precision, int64_t rows) {
  for (const Provider* provider : kProviders) {
    const Packing* packing = provider->packing(precision);
    if (packing && rows >= packing->fewestRows) return *packing;
  }
  return *kLast->packing(precision);
}

bool providerKnown(const char* name) { return !std::strcmp(name, "auto") || named(name); }

bool setProvider(const char* name) {
  if (!providerKnown(name)) return false;
  chosen() = named(name);
  return true;
}

const char* chosenProvider() {
  const Provider* provider = chosen();
  return provider ? provider->name() : "auto";
}

std::string providerNames() {
  std::string names = "auto";
  for (const Provider* provider : kProviders) {
    if (!provider->rounds() && provider->available()) names += std::string(", ") + provider->name();
  }
  return names;
}

}  // namespace ostinato
