#include "products/blas/blas.h"

#if !defined(_WIN32) && !defined(__wasm__)
#include <dlfcn.h>
#endif

namespace ostinato {
namespace {

#if defined(_WIN32) || defined(__wasm__)

const Blas* load() { return nullptr; }

#else

// Best first. Not the development names (libopenblas.so): those exist only where headers are installed.
constexpr const char* kLibraries[] = {
#ifdef __APPLE__
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "libopenblas.0.dylib",
#else
    "libopenblas.so.0",
    "libcblas.so.3",
    "libblas.so.3",
#endif
};

template <class F>
F* symbol(void* library, const char* name) {
  return reinterpret_cast<F*>(dlsym(library, name));
}

const Blas* load() {
  static Blas blas;
  for (const char* name : kLibraries) {
    // Never closed: its threads and thread-local memory would outlive the code.
    void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) continue;
    auto* sgemm = reinterpret_cast<decltype(Blas::sgemm)>(dlsym(library, "cblas_sgemm"));
    if (sgemm == nullptr) {
      dlclose(library);
      continue;
    }
    auto* setThreads = symbol<void(int)>(library, "openblas_set_num_threads");
    auto* config = symbol<const char*()>(library, "openblas_get_config");
    if (setThreads != nullptr) setThreads(1);
    blas = {name, config ? config() : "", config != nullptr, sgemm};
#ifdef __APPLE__
    if (name == kLibraries[0]) blas = {name, "Accelerate", true, sgemm};
#endif
    return &blas;
  }
  return nullptr;
}

#endif

}  // namespace

const Blas* systemBlas() {
  static const Blas* const blas = load();
  return blas;
}

}  // namespace ostinato
