// CPU tiers: every SIMD file of native/kernels is compiled once for each, and one table of functions is chosen at load.
//
// A SIMD file looks like this; it needs no compiler flags, and nothing of it calls into libhwy:
//
//   #include "kernels/softmax.h"            // declares struct SoftmaxKernels and softmaxKernels()
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "kernels/softmax.cc"
//   #include "kernels/tiers.h"
//   #include "hwy/foreach_target.h"
//   #include "hwy/highway.h"
//   HWY_BEFORE_NAMESPACE();
//   namespace ostinato { namespace HWY_NAMESPACE {
//   ... functions over hn::ScalableTag<float>; no std:: templates, which the linker would share between tiers ...
//   const SoftmaxKernels kSoftmaxKernels = {...};
//   }}
//   HWY_AFTER_NAMESPACE();
//   #if HWY_ONCE
//   namespace ostinato {
//   const SoftmaxKernels& softmaxKernels() { return OSTINATO_TIER_TABLE(kSoftmaxKernels); }
//   }
//   #endif
#pragma once

// The tiers that are worth their code size; Highway knows more. Every arm64 CPU has NEON, so that the portable tier
// would never run there.
#ifndef HWY_DISABLED_TARGETS
#if defined(__aarch64__) || defined(_M_ARM64)
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_SCALAR)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#endif
#endif
// One name for the portable tier: without this it would be N_EMU128 with clang and GCC from 12.3 on.
#ifndef HWY_BROKEN_EMU128
#define HWY_BROKEN_EMU128 1
#endif
// Highway would leave out the scalar target where the compiler's baseline is better.
#ifndef HWY_COMPILE_ALL_ATTAINABLE
#define HWY_COMPILE_ALL_ATTAINABLE
#endif

#include <optional>
#include <vector>

namespace ostinato {

// A higher tier of an architecture can run what the lower ones can.
enum class Tier { portable, neon, avx2, avx512 };

// The tier in use: the best that CPU and operating system support, or what OSTINATO_KERNELS says.
Tier currentTier();

// The tier of a name: "portable", "neon", "avx2", "avx512", or "auto" for the best. None if it is unknown or the CPU
// lacks it.
std::optional<Tier> tierNamed(const char* name);

// Chooses a tier by name. False if there is none of this name. Not for use while programs run.
bool setTier(const char* name);

// The tiers that this binary has and this CPU can run, best first.
const std::vector<Tier>& availableTiers();

const char* tierName(Tier tier);

// Why the current tier is in use, in words: "best of this CPU", "OSTINATO_KERNELS".
const char* tierReason();

}  // namespace ostinato

#if defined(__x86_64__) || defined(_M_X64)
#define OSTINATO_TIER_TABLE(name)                                       \
  (::ostinato::currentTier() >= ::ostinato::Tier::avx512 ? N_AVX3::name \
   : ::ostinato::currentTier() >= ::ostinato::Tier::avx2 ? N_AVX2::name \
                                                         : N_SCALAR::name)
#elif defined(__aarch64__) || defined(_M_ARM64)
#define OSTINATO_TIER_TABLE(name) N_NEON::name
#elif defined(__wasm_simd128__)
// The one tier of a module, whose vectors are the portable ones: who loads it looks whether its engine knows SIMD.
#define OSTINATO_TIER_TABLE(name) N_WASM::name
#else
#define OSTINATO_TIER_TABLE(name) N_SCALAR::name
#endif
