// Who multiplies matrices. A provider is a folder beside this file; providers.cc lists them all.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "products/gemm.h"
#include "products/packing.h"

namespace ostinato {

class ThreadPool;

class Provider {
 public:
  virtual const char* name() const = 0;
  // Whether this CPU, system and process have it. May load a library.
  virtual bool available() const = 0;
  // Whether it may round operands, so that only the precision of a product can ask for it, not its name.
  virtual bool rounds() const { return false; }
  // Whether it is faster, by measurement, than those after it in the list.
  virtual bool wins(const Gemm& product) const = 0;
  // Whether it can multiply this; it is available.
  virtual bool fits(const Gemm& product) const = 0;

  // gemm() and gemmScratchBytes() for products with rows, columns and depths.
  virtual size_t scratchBytes(const Gemm& product, int threads) const = 0;
  virtual void multiply(const Gemm& product, void* scratch, ThreadPool& pool) const = 0;
  // How it keeps operands of this precision; null: it keeps none, or is not available.
  virtual const Packing* packing(Precision precision) const = 0;

 protected:
  ~Provider() = default;
};

// All of them, best first; the last one multiplies everything.
std::span<const Provider* const> providers();

// Who rounds the operands of products of this precision; null: they stay float32.
const Provider* roundingProvider(Precision precision);

// The provider of this product: the fastest, unless one was asked for that can.
const Provider& providerOf(const Gemm& product);

// How to keep operands of this precision of which one meets a given number of rows at a time.
const Packing& packingFor(Precision precision, int64_t rows);

// Asks for a provider of all float32 products by name ("own", "blas"; "auto" for the fastest of each), as the
// environment's OSTINATO_GEMM does at load. False, and nothing changes, if the name means nothing here. Not for use
// while programs run.
bool setProvider(const char* name);
// The name of what was asked for.
const char* chosenProvider();
// Whether setProvider() would know the name; those that it would know, for messages.
bool providerKnown(const char* name);
std::string providerNames();

}  // namespace ostinato
