#include <atomic>
#include <cstdlib>
#include <cstring>

#include "products/provider.h"

namespace ostinato {
namespace {

// Best first; the last one multiplies everything.
const Provider* const kProviders[] = {&matrixUnitProvider(), &blasProvider(), &ownProvider()};

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

const Provider& providerOf(const Gemm& product) {
  const Provider* wanted = chosen();
  for (const Provider* provider : kProviders) {
    const bool may = !wanted || provider == wanted || (wanted == &ownProvider() && provider->rounds());
    if (may && (provider == wanted || provider->wins(product)) && provider->fits(product)) return *provider;
  }
  return ownProvider();
}

const Packing& packingFor(Precision precision, int64_t rows) {
  for (const Provider* provider : kProviders) {
    const Packing* packing = provider->packing(precision);
    if (packing && rows >= packing->fewestRows) return *packing;
  }
  return *ownProvider().packing(precision);
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
