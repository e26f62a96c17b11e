#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/thread_pool.h"
#include "doctest/doctest.h"
#include "kernels/tiers.h"
#include "products/provider.h"
#include "runtime/configuration.h"

using namespace ostinato;

namespace {

// The complaint of expectEnvironment() about one variable; empty for none.
std::string verdict(const char* name, const char* value) {
  setenv(name, value, 1);
  std::string message;
  try {
    expectEnvironment();
  } catch (const EnvironmentError& error) {
    message = error.what();
  }
  unsetenv(name);
  return message;
}

}  // namespace

TEST_CASE("a number of threads is a whole number from 1 to 256, and nothing else") {
  for (const char* text : {"1", "2", "256", "016"}) CHECK(verdict("OSTINATO_NUM_THREADS", text) == "");
  for (const char* text : {"", "0", "257", "4294967297", "-1", "+2", "2.5", "2 ", " 2", "2x", "abc", "1e2"}) {
    CHECK(verdict("OSTINATO_NUM_THREADS", text) ==
          "The environment's OSTINATO_NUM_THREADS is \"" + std::string(text) +
              "\": expected a whole number from 1 to 256. Unset it for the default.");
  }
  CHECK(threadsNamed("256") == 256);
  CHECK(threadsNamed("016") == 16);
}

TEST_CASE("kernels are a tier of this CPU") {
  std::string names = "auto";
  for (Tier tier : availableTiers()) names += std::string(", ") + tierName(tier);
  for (Tier tier : {Tier::portable, Tier::neon, Tier::avx2, Tier::avx512}) {
    const bool there = std::count(availableTiers().begin(), availableTiers().end(), tier) > 0;
    CHECK((verdict("OSTINATO_KERNELS", tierName(tier)) == "") == there);
  }
  CHECK(verdict("OSTINATO_KERNELS", "auto") == "");
  for (const char* text : {"", "foo", "AVX2", "avx2 ", "avx"}) {
    CHECK(verdict("OSTINATO_KERNELS", text) == "The environment's OSTINATO_KERNELS is \"" + std::string(text) +
                                                   "\": expected one of " + names +
                                                   ", which this CPU and this binary have. Unset it for the default.");
  }
}

TEST_CASE("products are by a provider that is there and does not round") {
  CHECK(verdict("OSTINATO_GEMM", "auto") == "");
  for (const Provider* provider : providers()) {
    CHECK((verdict("OSTINATO_GEMM", provider->name()) == "") == (provider->available() && !provider->rounds()));
  }
  for (const char* text : {"", "foo", "BLAS", "mkl"}) {
    CHECK(verdict("OSTINATO_GEMM", text)
              .find("The environment's OSTINATO_GEMM is \"" + std::string(text) + "\": expected ") == 0);
  }
}
