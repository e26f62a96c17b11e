#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__linux__)
#include <sched.h>

#include <cstdio>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace ostinato {
namespace {

// About 50 microseconds: longer than the gaps inside a step, shorter than anybody notices.
constexpr int kSpins = 4000;

inline void relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  asm volatile("yield");
#endif
}

// CPUs that the operating system and the container let this process use.
int usableCpus() {
  int cpus = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  if (FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    long long quota = 0, period = 0;
    if (std::fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0) {
      cpus = std::min(cpus, static_cast<int>((quota + period - 1) / period));
    }
    std::fclose(file);
  }
#endif
  return std::clamp(cpus, 1, kMaxThreads);
}

int defaultThreads() {
  const char* text = std::getenv("OSTINATO_NUM_THREADS");
  const int wanted = text ? threadsNamed(text) : 0;
  return wanted > 0 ? wanted : usableCpus();
}

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
  std::mutex owner;  // held by the caller whose job runs
  std::atomic<int> threads{1};
  int started = 0;  // workers that exist; guarded by owner

  std::atomic<uint64_t> ticket{0};
  std::atomic<bool> open{false};
  std::atomic<int> joined{0};
  std::atomic<int> nextPart{0};
  int parts = 0;
  int helpers = 0;  // workers beyond this index sit the job out
  void (*function)(void*, int) = nullptr;
  void* context = nullptr;

  std::mutex sleep;
  std::condition_variable wake;
  std::atomic<int> sleepers{0};

  void takeParts() {
    const Inside inside;
    for (int part = nextPart.fetch_add(1); part < parts; part = nextPart.fetch_add(1)) function(context, part);
  }

  void work(int index) {
    uint64_t seen = 0;
    for (;;) {
      uint64_t now = ticket.load(std::memory_order_acquire);
      for (int spin = 0; now == seen && spin < kSpins; spin++) {
        relax();
        now = ticket.load(std::memory_order_acquire);
      }
      if (now == seen) {
        std::unique_lock<std::mutex> lock(sleep);
        sleepers.fetch_add(1);
        wake.wait(lock, [&] { return ticket.load() != seen; });
        sleepers.fetch_sub(1);
        now = ticket.load();
      }
      seen = now;
      joined.fetch_add(1);
      if (open.load() && index < helpers) takeParts();
      joined.fetch_sub(1);
    }
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

void ThreadPool::run(int parts, void (*function)(void*, int), void* context) {
  State& s = *state_;
  const int helpers = std::min(s.threads.load(std::memory_order_relaxed), parts) - 1;
  if (helpers <= 0 || insidePart || !s.owner.try_lock()) {
    // Inside a part nobody counts on more threads than one, whoever runs it.
    const Inside inside;
    for (int part = 0; part < parts; part++) function(context, part);
    return;
  }
  std::lock_guard<std::mutex> lock(s.owner, std::adopt_lock);
  while (s.started < helpers) {
    const int index = s.started;
    try {
      std::thread([&s, index] { s.work(index); }).detach();
    } catch (const std::system_error&) {
      break;  // No more threads to be had: those that exist share the work.
    }
    s.started++;
  }
  s.parts = parts;
  s.helpers = helpers;
  s.function = function;
  s.context = context;
  s.nextPart.store(0);
  s.open.store(true);
  s.ticket.fetch_add(1);
  if (s.sleepers.load() > 0) {
    std::lock_guard<std::mutex> wakeLock(s.sleep);
    s.wake.notify_all();
  }
  s.takeParts();
  s.open.store(false);
  for (int spin = 0; s.joined.load() > 0; spin++) {
    if (spin < kSpins)
      relax();
    else
      std::this_thread::yield();
  }
}

}  // namespace ostinato
