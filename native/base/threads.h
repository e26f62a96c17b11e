// Everything that the pool wants of a system that has threads: base/threads.cc, and wasm/threads.cc for WebAssembly.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace ostinato {

// Looks that a thread takes before it sleeps, about 50 microseconds: longer than the gaps inside a step, shorter than
// anybody notices. WebAssembly has no instruction to rest between them.
#ifdef __wasm__
constexpr int kSpins = 50000;
#else
constexpr int kSpins = 4000;
#endif

// A rest between two looks.
inline void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  asm volatile("yield");
#endif
}

// Lets others have this CPU for a while, where the system can.
void yieldThread();

// Threads to compute with unless somebody says otherwise.
int defaultThreads();

// Starts a thread that calls work(context, index) and lives as long as the process; false if there is none to be had.
bool startThread(void (*work)(void* context, int index), void* context, int index);

// Threads that sleep until a word changes. Never destroyed.
class Sleepers {
 public:
  Sleepers();

  // Returns once the word is no longer `seen`.
  void sleepWhile(const std::atomic<uint32_t>& word, uint32_t seen);
  // To be called when the word has changed.
  void wake(const std::atomic<uint32_t>& word);

 private:
  struct State;
  State* state_;
};

}  // namespace ostinato
