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

// Guards of variables that a function makes at its first call: a byte that says that it is made, and one that somebody
// makes it. Who comes meanwhile looks on, as the thread of a page must not sleep.
int __cxa_guard_acquire(uint8_t* guard) {
  for (;;) {
    if (__atomic_load_n(guard, __ATOMIC_ACQUIRE)) return 0;
    uint8_t free = 0;
    if (__atomic_compare_exchange_n(guard + 1, &free, 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 1;
  }
}

void __cxa_guard_release(uint8_t* guard) { __atomic_store_n(guard, 1, __ATOMIC_RELEASE); }

void __cxa_guard_abort(uint8_t* guard) { __atomic_store_n(guard + 1, 0, __ATOMIC_RELEASE); }

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
