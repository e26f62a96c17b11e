#include "ngram/smoothing.h"
#include "ngram/smoothings/additive.h"
#include "ngram/smoothings/discounting.h"
#include "ngram/smoothings/interpolation.h"
#include "ngram/smoothings/katz.h"
#include "ngram/smoothings/quotient.h"
#include "ngram/smoothings/witten_bell.h"

namespace ostinato {
namespace {

using Made = std::unique_ptr<Smoothing>;

struct Entry {
  const char* name;
  Made (*make)(const SmoothingOptions& options, ModelSize size);
};

// The names are those of lib/models/ngramModel/smoothing.ts.
const Entry kAll[] = {
    {"modifiedKneserNey",
     [](const SmoothingOptions& o, ModelSize) -> Made {
       return std::make_unique<Discounting>(
           Discounting::Form{.continuations = true, .three = true, .fixed = o.discount});
     }},
    {"kneserNey",
     [](const SmoothingOptions& o, ModelSize) -> Made {
       return std::make_unique<Discounting>(
           Discounting::Form{.continuations = true, .three = false, .fixed = o.discount});
     }},
    {"absolute",
     [](const SmoothingOptions& o, ModelSize) -> Made {
       return std::make_unique<Discounting>(
           Discounting::Form{.continuations = false, .three = false, .fixed = o.discount});
     }},
    {"wittenBell", [](const SmoothingOptions&, ModelSize) -> Made { return std::make_unique<WittenBell>(); }},
    {"katz", [](const SmoothingOptions& o, ModelSize) -> Made { return std::make_unique<Katz>(o.mostDiscounted); }},
    {"interpolation",
     [](const SmoothingOptions& o, ModelSize) -> Made { return std::make_unique<Interpolation>(o.weights); }},
    {"backOff", [](const SmoothingOptions& o, ModelSize) -> Made { return std::make_unique<Quotient>(o.threshold); }},
    {"additive",
     [](const SmoothingOptions& o, ModelSize size) -> Made { return std::make_unique<Additive>(o.added, size); }},
    {"maximumLikelihood", [](const SmoothingOptions&, ModelSize) -> Made { return std::make_unique<Quotient>(-1); }},
};

}  // namespace

Made makeSmoothing(const std::string& name, const SmoothingOptions& options, ModelSize size) {
  for (const Entry& entry : kAll) {
    if (name == entry.name) return entry.make(options, size);
  }
  return nullptr;
}

}  // namespace ostinato
