#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "base/threads.h"

namespace ostinato {
namespace {

thread_local bool insidePart = false;

// The calling thread runs parts for as long as this lives.
struct Inside {
  const bool before = insidePart;
  Inside() { insidePart = true; }
  ~Inside() { insidePart = before; }
};

}  // namespace

// One job at a time. `ticket` counts jobs; a worker that sees it change joins the job and takes parts until none is
// left. A worker announces itself in `joined` before it looks at the job, and the owner of the job waits until all who
// joined have left, so the job's fields never change under a worker.
struct ThreadPool::State {
  std::atomic<bool> owned{false};  // by the caller whose job runs
  std::atomic<int> threads{1};
  int started = 0;  // workers that the pool has started; changed by the owner

  std::atomic<uint32_t> ticket{0};
  std::atomic<bool> open{false};
  std::atomic<int> joined{0};
  std::atomic<int> nextPart{0};
  int parts = 0;
  int helpers = 0;  // workers beyond this index sit the job out
  void (*function)(void*, int) = nullptr;
  void* context = nullptr;

  Sleepers sleepers;
  std::atomic<bool> crashed{false};

  void takeParts() {
    const Inside inside;
    for (int part = nextPart.fetch_add(1); part < parts; part = nextPart.fetch_add(1)) function(context, part);
  }
};

int threadsNamed(const char* text) {
  int threads = 0;
  for (const char* digit = text; *digit; digit++) {
    if (*digit < '0' || *digit > '9') return 0;
    threads = 10 * threads + (*digit - '0');
    if (threads > kMaxThreads) return 0;
  }
  return threads;
}

ThreadPool& ThreadPool::instance() {
  static ThreadPool* pool = new ThreadPool;
  return *pool;
}

ThreadPool::ThreadPool() : state_(new State) { state_->threads = defaultThreads(); }

int ThreadPool::threads() const { return state_->threads.load(std::memory_order_relaxed); }

int ThreadPool::threadsHere() const { return insidePart ? 1 : threads(); }

void ThreadPool::setThreads(int threads) { state_->threads = std::clamp(threads, 1, kMaxThreads); }

void ThreadPool::work(int index) {
  State& s = *state_;
  uint32_t seen = 0;
  for (;;) {
    uint32_t now = s.ticket.load(std::memory_order_acquire);
    for (int spin = 0; now == seen && spin < kSpins; spin++) {
      relax();
      now = s.ticket.load(std::memory_order_acquire);
    }
    if (now == seen) {
      s.sleepers.sleepWhile(s.ticket, seen);
      now = s.ticket.load();
    }
    seen = now;
    s.joined.fetch_add(1);
    if (s.open.load() && index < s.helpers) s.takeParts();
    s.joined.fetch_sub(1);
  }
}

void ThreadPool::crash() {
  state_->crashed.store(true);
  state_->joined.fetch_sub(1);
}

void ThreadPool::run(int parts, void (*function)(void*, int), void* context) {
  State& s = *state_;
  const int helpers = std::min(s.threads.load(std::memory_order_relaxed), parts) - 1;
  if (helpers <= 0 || insidePart || s.owned.exchange(true)) {
    // Inside a part nobody counts on more threads than one, whoever runs it.
    const Inside inside;
    for (int part = 0; part < parts; part++) function(context, part);
    return;
  }
  // Where no more threads are to be had, those that exist share the work.
  const auto lend = [](void* pool, int index) { static_cast<ThreadPool*>(pool)->work(index); };
  while (s.started < helpers && startThread(lend, this, s.started)) s.started++;
  s.parts = parts;
  s.helpers = helpers;
  s.function = function;
  s.context = context;
  s.nextPart.store(0);
  s.open.store(true);
  s.ticket.fetch_add(1);
  s.sleepers.wake(s.ticket);
  s.takeParts();
  s.open.store(false);
  for (int spin = 0; s.joined.load() > 0; spin++) {
    if (spin < kSpins)
      relax();
    else
      yieldThread();
  }
  if (s.crashed.load()) std::abort();
  s.owned.store(false);
}

}  // namespace ostinato
