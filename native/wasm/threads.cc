// Threads of a module: its host starts them, in Workers that share its memory, and each lends itself to the pool.
#include "base/threads.h"

#include "base/thread_pool.h"
#include "wasm/exports.h"

namespace ostinato {

void yieldThread() {}

int defaultThreads() { return 1; }

bool startThread(void (*)(void*, int), void*, int) { return false; }

struct Sleepers::State {
  std::atomic<int> count{0};
};

Sleepers::Sleepers() : state_(new State) {}

void Sleepers::sleepWhile(const std::atomic<uint32_t>& word, uint32_t seen) {
  static_assert(sizeof word == sizeof(int));
  int* address = reinterpret_cast<int*>(const_cast<std::atomic<uint32_t>*>(&word));
  state_->count.fetch_add(1);
  while (word.load() == seen) __builtin_wasm_memory_atomic_wait32(address, static_cast<int>(seen), -1);
  state_->count.fetch_sub(1);
}

void Sleepers::wake(const std::atomic<uint32_t>& word) {
  if (state_->count.load() == 0) return;
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(const_cast<std::atomic<uint32_t>*>(&word)), kMaxThreads);
}

OSTINATO_EXPORT(threadsSet) void threadsSet(int threads) { ThreadPool::instance().setThreads(threads); }

// For a Worker, which has set its stack and its thread-local memory. Does not return.
OSTINATO_EXPORT(threadWork) void threadWork(int index) { ThreadPool::instance().work(index); }

// For a Worker whose threadWork trapped.
OSTINATO_EXPORT(threadCrash) void threadCrash() { ThreadPool::instance().crash(); }

}  // namespace ostinato
