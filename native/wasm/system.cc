// Functions that the C and C++ libraries want of a system, of which a module has nothing but memory and the clock of
// its host.
#include <chrono>
#include <cstdlib>

#include "wasm/exports.h"

extern "C" void __wasm_call_ctors();

// To be called once, before everything else.
OSTINATO_EXPORT(_initialize) void initialize() { __wasm_call_ctors(); }

extern "C" {

__attribute__((import_module("host"), import_name("now"))) double hostNow();  // in milliseconds

// A module has no end at which anything would be destroyed.
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }

char* getenv(const char*) { return nullptr; }

// The libraries' last words, which nobody could read.
void abort_message(const char*, ...) { __builtin_trap(); }
}

namespace std {
inline namespace __1 {

[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }

namespace chrono {

steady_clock::time_point steady_clock::now() noexcept {
  return time_point(duration(static_cast<int64_t>(hostNow() * 1e6)));
}

}  // namespace chrono
}  // namespace __1
}  // namespace std
